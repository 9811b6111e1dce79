"""People who are stuck: tickets, agencies' requests, incidents that move deadlines, answers by SMS and telephone, opinions on a trial.

A top room: it reads what the others know and writes through their services; none of them imports it.
"""
