"""Guides to services: documents and films, published like every text of an agency (`procedures.publishing`).

reading     a guide's text as parts with anchors; what is wrong with captions (pure)
services    entered, changed, checked, published, withdrawn; shipped ones loaded
queries     what is public, and which part explains which field of a form
"""
