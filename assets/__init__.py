"""What is made: the asset graph, one module a layer. Each asset is a few lines: read, run SQL, gate, write.

Not here: the SQL of tables (warehouse/sql; what the UI shows of them is in figures/), thresholds (checks/suites), HTTP
and settings (pipeline).
"""
