"""What is made: the asset graph, one module a layer. Each asset is a few lines: read, run SQL, gate, write.

Not here: SQL text (warehouse/sql), thresholds (checks/suites), HTTP and settings (pipeline).
"""
