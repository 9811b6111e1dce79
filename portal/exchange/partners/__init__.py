"""Systems of ministries and provinces that connect with the portal: who they are, for which units they speak, what they may call.

Every machine door asks :mod:`portal.exchange.partners.services`; VPCP keeps the partners on the desk (Rules art. 3.3, 50).
"""
