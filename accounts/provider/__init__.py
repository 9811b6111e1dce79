"""The portal as provider of single sign-on (Rules art. 11.2, 12; requirements A-05 … A-07): OpenID Connect, code flow, PKCE for all.

`server` speaks the protocol (Authlib over our models), `asking` decides what a sign-in still needs, `clients` keeps the systems,
`granting` and `ending` begin and end what people have there, `telling` carries the word of a sign-out.
"""
