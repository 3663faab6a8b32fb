"""What `make ui` loads: the definitions, each table with the columns of the published file.

An event of every build would say them too, and fill the history of runs; here they are said once.
"""

from pipeline.definitions import definitions
from pipeline.runs.described import published_columns
from pipeline.warehouse import ROOT, Warehouse

defs = definitions(columns=published_columns(Warehouse(ROOT).published))
