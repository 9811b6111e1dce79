"""Forms as documents: what a document may say, what is wrong with one in words for officers, and the plain form it becomes.

document = {"pages": […], "fields": […], "papers": […], "charges": […], "payment": {…}, …}      data/form.schema.json
faults(document)            what is wrong, field by field, in sentences
compiled(document)          plain fields (composite ones taken apart), rules of papers and charges
"""

from dossiers.form_documents.checking import Fault, check_fields, faults
from dossiers.form_documents.composites import COMPOSITE_KINDS, FIELD_KINDS, Compiled, compiled

__all__ = ["COMPOSITE_KINDS", "FIELD_KINDS", "Compiled", "Fault", "check_fields", "compiled", "faults"]
