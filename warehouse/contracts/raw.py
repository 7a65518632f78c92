"""Contracts of the raw layer: what was received, byte for byte."""

import pyarrow as pa

from warehouse.contracts.contract import Build, column, contract

CONTRACTS = [
    contract(
        "raw.snapshots",
        "Every stored snapshot: the bytes as received, kept once under their sha256, with what was said of them.",
        Build.WHOLE,
        ("snapshot_id",),
        [
            column("snapshot_id", pa.string(), "Source, time of fetching and start of the hash"),
            column("source", pa.string(), "Which source it was asked of"),
            column("format", pa.string(), "Shape of the body; decides which parser reads it"),
            column("sha256", pa.string(), "Hash of the body; also its address in the store"),
            column("size_bytes", pa.int64(), "Length of the body", unit="bytes"),
            column("as_of_utc", pa.timestamp("us"), "Instant for which the source stated its figures", unit="UTC"),
            column("fetched_at_utc", pa.timestamp("us"), "Instant at which it was received", unit="UTC"),
            column("url", pa.string(), "Address it came from"),
            column("parameters", pa.string(), "Parameters of the request, JSON", nullable=True),
            column("http_status", pa.int32(), "HTTP status of the answer; empty if not over HTTP", nullable=True),
            column("http_headers", pa.string(), "Headers that matter (ETag, Last-Modified), JSON", nullable=True),
            column("license", pa.string(), "Licence of the data"),
            column("license_url", pa.string(), "Text of that licence; empty where none is stated", nullable=True),
            column("citation", pa.string(), "How to cite figures that rest on this snapshot"),
            column(
                "provenance",
                pa.string(),
                "How the body came to us, where not straight from the source",
                nullable=True,
            ),
        ],
    ),
]
