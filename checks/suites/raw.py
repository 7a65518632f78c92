"""Suite of the raw layer."""

from checks.suite import Suite, between, none_of

SUITES = [
    Suite(
        "raw.snapshots",
        [
            between(
                "row_count",
                1,
                None,
                "there_are_snapshots",
                "without a snapshot there is nothing to build from",
            ),
            none_of(
                "stated_after_fetched",
                "as_of_is_not_after_fetching",
                "no source knows figures more than ten minutes (what clocks may differ) before it is asked",
            ),
            none_of("malformed_hashes", "hashes_are_sha256", "an object is found under its sha256 only"),
        ],
    ),
]
