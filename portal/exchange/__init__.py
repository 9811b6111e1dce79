"""The portal's clients of systems outside: SMS gateway, mail server, population registry, remote signing.

Nothing here is called inside a transaction or while a page waits for more than one short answer; whoever calls catches
``errors.OutsideUnavailable`` (try again later) and ``errors.OutsideRefused`` (trying again does not help).
"""
