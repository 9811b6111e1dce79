"""Getting an account: by phone, social insurance number, certificate, document, at the counter; an organisation by its certificate.

``states`` the table of transitions · ``rules`` what can be said without asking anybody · ``services`` begin, code, take over, end ·
``checking`` what registries say · ``opening`` the account itself · ``signing`` certificates · ``counter`` the officer's part · ``terms``.
"""
