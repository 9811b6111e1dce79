"""Ways to sign in and to be known more surely: authenticator app, providers outside (VNeID and others), citizens' certificates, step-up.

What a session carries, and when it ends: :mod:`accounts.sessions`. One-time passwords and officers' certificates:
:mod:`accounts.services.otp`, :mod:`accounts.services.certificates`.
"""
