"""The data services of Framework Annex III: which there are (``catalogue``), those that are asked by configuration (``documents``: how a
service is described; ``asking``: the general adapter; ``services``: kept by VPCP), how each one stands (``standing``)."""
