"""Ways to sign in and to be known more surely: authenticator app, VNeID, citizens' certificates, step-up.

What a session carries, and when it ends: :mod:`accounts.sessions`. One-time passwords and officers' certificates:
:mod:`accounts.services.otp`, :mod:`accounts.services.certificates`.
"""
