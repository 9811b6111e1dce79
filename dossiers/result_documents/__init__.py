"""What a result template may say, what is wrong with one, and what a result reads under the facts of one dossier (requirement D-30).

A template is a document (`dossiers/data/result.schema.json`): what the officer is asked at the decision, the register, who signs, and
blocks of text with places in braces. Pure functions.
"""

from dossiers.result_documents.checking import faults
from dossiers.result_documents.drawing import drawn
from dossiers.result_documents.places import FACTS, FORMATS, Value

__all__ = ["FACTS", "FORMATS", "Value", "drawn", "faults"]
