"""The weekly country table and the price tables as an analyst would script them in pandas, with no line of tokentide's.

It reads the built-in archive and the reference files and trusts them: no quarantine, no checks, no events, one vintage.
The figures must be tokentide's (benchmarks/compare.py), so it is an independent recomputation too. Not here: timing of
whole processes (run.py).

    python benchmarks/plain_pandas.py --output FOLDER
"""

import argparse
import json
import time
from pathlib import Path

import pandas as pd

KINDS = ["input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning"]
SERIES = ["source", "model_id", "price_kind", "over_prompt_tokens"]
FIRST_DAY = pd.Timestamp("2025-01-01")
CARRIED = pd.Timedelta(days=28)
WEEK = pd.Timedelta(days=7)


def read_reference(folder: Path, name: str) -> pd.DataFrame:
    # keep_default_na: the country code NA is Namibia
    table = pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False, na_values=[""])
    for column in table:
        if column.endswith("_utc") or column in ("valid_from", "valid_to"):
            table[column] = pd.to_datetime(table[column]).dt.tz_localize(None)
    return table


def attributed_days(archive: Path, reference: Path) -> pd.DataFrame:
    """A row a day and model, with the country of its lab and of its base model's lab on that day."""
    days = pd.read_parquet(archive / "usage.parquet").rename(columns={"model": "model_permaslug"})
    days["day"] = pd.to_datetime(days["day"])
    days["week_start"] = days["day"] - pd.to_timedelta(days["day"].dt.day_of_week, unit="D")
    models = pd.DataFrame({"model_permaslug": days["model_permaslug"].unique()})
    aliases = read_reference(reference, "aliases")
    aliases = aliases[aliases["confidence"].isin(["official", "reported"])]
    aliases = aliases[["cloaked_slug", "author", "known_from_utc"]].rename(
        columns={"cloaked_slug": "model_permaslug", "author": "alias_author"}
    )
    overrides = read_reference(reference, "overrides")[["model_permaslug", "method", "author"]]
    lineage = read_reference(reference, "lineage")[["model_permaslug", "base_author"]]
    models = models.merge(aliases, how="left").merge(overrides, how="left").merge(lineage, how="left")
    slug_author = models["model_permaslug"].str.split("/").str[0]
    is_overridden = models["method"].notna()
    models["author"] = models["author"].where(is_overridden, models["alias_author"].fillna(slug_author))
    models["known_from_utc"] = models["known_from_utc"].mask(is_overridden)
    days = days.merge(models[["model_permaslug", "author", "base_author", "known_from_utc"]], how="left")
    labs = read_reference(reference, "labs")
    days["lab_home"] = homes_on(days, labs, "author")
    days["base_model_home"] = homes_on(days, labs, "base_author").where(days["base_author"].notna(), days["lab_home"])
    return days


def homes_on(days: pd.DataFrame, labs: pd.DataFrame, author: str) -> pd.Series:
    pairs = days[["day", author]].drop_duplicates()
    homes = pairs.merge(labs[["author", "country_code", "valid_from", "valid_to"]], left_on=author, right_on="author")
    homes = homes[(homes["day"] >= homes["valid_from"]) & ~(homes["day"] >= homes["valid_to"])]
    key = ["day"] if author == "author" else ["day", author]
    homes = homes[list(dict.fromkeys([*key, author, "country_code"]))]
    return days[["day", author]].merge(homes, how="left")["country_code"].fillna("ZZ").set_axis(days.index)


def model_weeks(days: pd.DataFrame) -> pd.DataFrame:
    """A row a week and model: its tokens, whether it is among the nine largest, its country on its last day."""
    by_model = days.sort_values("day").groupby(["week_start", "model_permaslug"], sort=False)
    weeks = by_model.agg(tokens=("tokens", "sum"), country_code=("lab_home", "last")).reset_index()
    named = weeks[weeks["model_permaslug"] != "other"].sort_values(
        ["tokens", "model_permaslug"], ascending=[False, True]
    )
    weeks["is_top_9"] = (named.groupby("week_start").cumcount() < 9).reindex(weeks.index, fill_value=False)
    return weeks


def country_tokens(days: pd.DataFrame, weeks: pd.DataFrame) -> pd.DataFrame:
    days = days.merge(weeks[["week_start", "model_permaslug", "is_top_9"]])
    is_other = days["model_permaslug"] == "other"
    is_known_later = days["known_from_utc"] >= days["week_start"] + WEEK
    tables = []
    for policy in ("lab_home", "base_model_home"):
        for knowledge in ("as_known_now", "as_known_then"):
            country = days[policy] if knowledge == "as_known_now" else days[policy].mask(is_known_later, "ZZ")
            labelled = days[["week_start", "tokens", "is_top_9"]].assign(country_code=country.mask(is_other, "other"))
            for population in ("top_9", "ranked", "platform"):
                members = {"top_9": labelled["is_top_9"], "ranked": ~is_other, "platform": slice(None)}[population]
                tokens = labelled[members].groupby(["week_start", "country_code"], as_index=False)["tokens"].sum()
                tables.append(tokens.assign(population=population, policy=policy, knowledge=knowledge))
    table = pd.concat(tables, ignore_index=True)
    definition = ["week_start", "population", "policy", "knowledge"]
    is_undecided = table["country_code"].isin(["ZZ", "other"])
    table["undecided"] = table["tokens"].where(is_undecided, 0)
    table["population_tokens"] = table.groupby(definition)["tokens"].transform("sum")
    table["undecided"] = table.groupby(definition)["undecided"].transform("sum")
    table["share"] = table["tokens"] / table["population_tokens"]
    highest = table["tokens"].where(table["country_code"] != "ZZ", 0) + table["undecided"]
    table["share_high"] = highest / table["population_tokens"]
    known = table[~is_undecided].sort_values(["tokens", "country_code"], ascending=[False, True])
    table["rank"] = (known.groupby(definition).cumcount() + 1).reindex(table.index).astype("Int32")
    return table[table["country_code"] != "other"].drop(columns="undecided")


def stated_prices(archive: Path, reference: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the sources said: a row a source, instant and model; and a row a price, corrections applied."""
    files = []
    for path in sorted(archive.glob("prices-*.parquet")):
        snapshot_source = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["source"]
        files.append(pd.read_parquet(path).assign(snapshot_source=snapshot_source))
    rows = pd.concat(files, ignore_index=True).rename(columns={"model": "model_id", "kind": "price_kind"})
    rows["observed_at_utc"] = pd.to_datetime(rows["observed_at"]).dt.tz_localize(None)
    sources = read_reference(reference, "price_sources")
    rows = rows.merge(sources[["source", "snapshot_source", "valid_from_utc", "valid_to_utc"]], on="snapshot_source")
    is_before, is_after = (
        rows["observed_at_utc"] < rows["valid_from_utc"],
        rows["observed_at_utc"] >= rows["valid_to_utc"],
    )
    rows = rows[~is_before & ~is_after]
    # where a recording changes its meaning, what was last listed under the old one holds on under the new
    for later in sources[sources["valid_from_utc"].notna() & (sources["completeness"] == "changes")].itertuples():
        earlier = rows[
            (rows["snapshot_source"] == later.snapshot_source) & (rows["valid_to_utc"] == later.valid_from_utc)
        ]
        last = earlier[earlier["observed_at_utc"] == earlier.groupby("model_id")["observed_at_utc"].transform("max")]
        at_once = rows[(rows["source"] == later.source) & (rows["observed_at_utc"] == later.valid_from_utc)]
        held = last[(last["status"] == "listed") & ~last["model_id"].isin(at_once["model_id"])]
        rows = pd.concat([rows, held.assign(source=later.source, observed_at_utc=later.valid_from_utc)])
    statements = rows.groupby(["source", "observed_at_utc", "model_id"], as_index=False).agg(
        is_listed=("status", lambda status: (status == "listed").all()), canonical_slug=("canonical_slug", "max")
    )
    prices = rows[rows["price_kind"].isin(KINDS)].copy()
    prices["over_prompt_tokens"] = prices["over_prompt_tokens"].astype("int64")
    prices["price_state"] = prices["usd_per_million"].map(lambda text: "varies" if text == "varies" else "priced")
    prices["usd"] = pd.to_numeric(prices["usd_per_million"].replace("varies", None)).round(9)
    prices = prices[[*SERIES, "observed_at_utc", "price_state", "usd"]].reset_index(drop=True)
    corrections = read_reference(reference, "price_corrections")
    for correction in corrections[corrections["action"] != "accept"].itertuples():
        is_meant = (prices["source"] == correction.source) & (prices["model_id"] == correction.model_id)
        is_meant &= ~(prices["observed_at_utc"] < correction.observed_from_utc)
        is_meant &= ~(prices["observed_at_utc"] >= correction.observed_to_utc)
        if correction.action == "ignore":
            prices = prices[~is_meant]
        else:
            prices.loc[is_meant, "usd"] = (prices.loc[is_meant, "usd"] * 1_000_000).round(9)
    return statements, prices


def price_spans(statements: pd.DataFrame, prices: pd.DataFrame, reference: Path) -> pd.DataFrame:
    """A row a span in which a source asks one price."""
    completeness = read_reference(reference, "price_sources").set_index("source")["completeness"]
    events = statements[["source", "model_id", "observed_at_utc", "is_listed"]]
    complete = events[events["source"].map(completeness) == "complete"]
    first_seen = complete.groupby(["source", "model_id"], as_index=False)["observed_at_utc"].min()
    first_seen = first_seen.rename(columns={"observed_at_utc": "first_seen_utc"})
    possible = first_seen.merge(complete[["source", "observed_at_utc"]].drop_duplicates())
    possible = possible[possible["observed_at_utc"] > possible["first_seen_utc"]].merge(complete, how="left")
    absent = possible[possible["is_listed"].isna()].assign(is_listed=False)[events.columns]
    events = pd.concat([events, absent]).astype({"is_listed": bool})
    points = prices[SERIES].drop_duplicates().merge(events).merge(prices, how="left")
    points = points.sort_values([*SERIES, "observed_at_utc"])
    before = points.groupby(SERIES)[["price_state", "usd"]].shift()
    is_same = points["price_state"].eq(before["price_state"]) | (
        points["price_state"].isna() & before["price_state"].isna()
    )
    is_same &= points["usd"].eq(before["usd"]) | (points["usd"].isna() & before["usd"].isna())
    points["span"] = (~is_same).groupby([points[column] for column in SERIES]).cumsum()
    spans = points.groupby([*SERIES, "span"], as_index=False).agg(
        valid_from_utc=("observed_at_utc", "first"),
        last_seen_utc=("observed_at_utc", "last"),
        is_listed=("is_listed", "first"),
        price_state=("price_state", "first"),
        usd=("usd", "first"),
    )
    after = spans.groupby(SERIES)[["valid_from_utc", "is_listed", "price_state"]].shift(-1)
    spans["valid_to_utc"] = after["valid_from_utc"]
    spans["ended_by"] = "change"
    spans.loc[after["price_state"].isna(), "ended_by"] = "no_price"
    spans.loc[after["is_listed"].eq(False), "ended_by"] = "delisting"
    spans.loc[spans["valid_to_utc"].isna(), "ended_by"] = None
    # a record of changes saw the price whenever it saw anything, until it changed
    for source in completeness[completeness == "changes"].index:
        instants = events.loc[events["source"] == source, "observed_at_utc"].drop_duplicates().sort_values().to_numpy()
        of_source = spans["source"] == source
        ends = spans.loc[of_source, "valid_to_utc"].fillna(pd.Timestamp.max.floor("us"))
        spans.loc[of_source, "last_seen_utc"] = instants[instants.searchsorted(ends.to_numpy()) - 1]
    return spans[spans["price_state"].notna()].drop(columns=["span", "is_listed"])


def model_names(slugs: pd.Series, statements: pd.DataFrame, reference: Path) -> pd.DataFrame:
    """Which id of the price sources names which model, from which day to which."""
    stated = statements[~statements["model_id"].str.startswith("~")]
    ids = pd.DataFrame({"model_id": stated["model_id"].unique()})
    ids[["base_id", "variant"]] = split_variant(ids["model_id"])
    models = pd.DataFrame({"model_permaslug": slugs})
    models[["base_slug", "variant"]] = split_variant(models["model_permaslug"])
    reviewed = read_reference(reference, "model_names")[["model_permaslug", "model_id", "valid_from", "valid_to"]]
    reviewed["valid_from"] = reviewed["valid_from"].fillna(FIRST_DAY)
    catalogue = stated.dropna(subset="canonical_slug").assign(model_id=split_variant(stated["model_id"])[0])
    catalogue = catalogue.groupby(["model_id", "canonical_slug"], as_index=False)["observed_at_utc"].min()
    catalogue["valid_from"] = catalogue["observed_at_utc"].dt.normalize()
    catalogue = catalogue.sort_values(["model_id", "valid_from", "canonical_slug"])
    catalogue["valid_to"] = catalogue.groupby("model_id")["valid_from"].shift(-1)
    catalogue.loc[~catalogue["model_id"].duplicated(), "valid_from"] = FIRST_DAY
    catalogue = catalogue.rename(columns={"canonical_slug": "model_permaslug"})
    same = pd.DataFrame({"model_id": ids.loc[~ids["base_id"].isin(catalogue["model_id"]), "base_id"].unique()})
    same = same.assign(model_permaslug=same["model_id"], valid_from=FIRST_DAY, valid_to=pd.NaT)
    ruled = pd.concat([same.assign(order=0), catalogue.assign(order=2)])
    reviewed_from = ruled["model_id"].map(reviewed.groupby("model_id")["valid_from"].min())
    ruled["valid_to"] = pd.concat([pd.to_datetime(ruled["valid_to"]), reviewed_from], axis=1).min(axis=1)
    ruled = ruled[~(reviewed_from <= ruled["valid_from"])]
    columns = ["model_permaslug", "model_id", "valid_from", "valid_to", "order"]
    pairs = pd.concat([reviewed.assign(order=1), ruled])[columns]
    by_base = pairs.rename(columns={"model_permaslug": "base_slug", "model_id": "base_id"}).merge(models).merge(ids)
    by_variant = pairs.merge(models[models["variant"] != ""])
    names = pd.concat([by_base, by_variant])[columns].sort_values("order")
    return names.drop_duplicates(["model_permaslug", "model_id", "valid_from"]).drop(columns="order")


def split_variant(names: pd.Series) -> pd.DataFrame:
    return names.str.split(":", expand=True).reindex(columns=[0, 1]).fillna("")


def week_prices(
    weeks: pd.DataFrame, names: pd.DataFrame, spans: pd.DataFrame, statements: pd.DataFrame
) -> pd.DataFrame:
    """The price in force at each week's end, for every model of that week in every source, base tier; empty if none."""
    spans = spans[(spans["over_prompt_tokens"] == 0) & spans["price_kind"].isin(["input", "output"])]
    asked = weeks[["week_start", "model_permaslug"]].merge(
        spans[["source", "price_kind"]].drop_duplicates(), how="cross"
    )
    named = names.rename(columns={"valid_from": "named_from", "valid_to": "named_to"}).merge(spans)
    is_too_early = named["last_seen_utc"] < named["named_from"]
    named = named[~is_too_early & ~(named["valid_from_utc"] >= named["named_to"])].copy()
    named["valid_from_utc"] = named[["valid_from_utc", "named_from"]].max(axis=1)
    named["last_seen_utc"] = named[["last_seen_utc", "named_to"]].min(axis=1)
    # most weeks lie outside the price history: only those inside are tried against the spans
    ends = weeks["week_start"] + WEEK
    is_possible = (ends > named["valid_from_utc"].min()) & (ends - CARRIED <= named["last_seen_utc"].max())
    tried = weeks.loc[is_possible, ["week_start", "model_permaslug"]].merge(named)
    ends = tried["week_start"] + WEEK
    is_in_force = (tried["valid_from_utc"] < ends) & ~(tried["valid_to_utc"] < ends)
    tried = tried[is_in_force & (tried["last_seen_utc"] >= ends - CARRIED)]
    tried = tried.sort_values(["last_seen_utc", "valid_from_utc", "model_id"], ascending=[False, False, True])
    tried = tried.drop_duplicates(["week_start", "model_permaslug", "source", "price_kind"])
    columns = ["week_start", "model_permaslug", "source", "price_kind", "price_state", "usd", "model_id"]
    prices = asked.merge(tried[[*columns, "valid_from_utc", "last_seen_utc"]], how="left")
    looked = statements[["source", "observed_at_utc"]].drop_duplicates().sort_values("observed_at_utc")
    ends = pd.DataFrame({"ends_before_utc": weeks["week_start"].drop_duplicates().sort_values() + WEEK})
    ends["ends_before_utc"] = ends["ends_before_utc"].astype(looked["observed_at_utc"].dtype)
    free = []
    for source in prices["source"].unique():
        seen = pd.merge_asof(
            ends,
            looked[looked["source"] == source],
            left_on="ends_before_utc",
            right_on="observed_at_utc",
            allow_exact_matches=False,
            tolerance=CARRIED,
        ).dropna(subset="source")
        free.append(seen.assign(week_start=seen["ends_before_utc"] - WEEK)[["week_start", "source"]])
    prices = prices.merge(pd.concat(free).assign(is_observed=True), how="left")
    is_free = prices["is_observed"].notna() & prices["model_permaslug"].str.contains(":free")
    prices["status"] = prices["price_state"].map({"priced": "in_force", "varies": "varies"}).mask(is_free, "free")
    prices["usd"] = prices["usd"].mask(is_free, 0)
    return prices.drop(columns=["price_state", "is_observed"])


def country_week_prices(weeks: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    rows = prices[["week_start", "model_permaslug", "source", "price_kind", "status", "usd"]].merge(weeks)
    rows["priced_tokens"] = rows["tokens"].where(rows["usd"].notna(), 0)
    rows["free_tokens"] = rows["tokens"].where(rows["status"] == "free", 0)
    rows["paid_tokens"] = rows["tokens"].where(rows["status"] == "in_force", 0)
    rows["cost"] = rows["usd"] * rows["tokens"]
    key = ["week_start", "source", "price_kind", "country_code"]
    sums = ["tokens", "priced_tokens", "free_tokens", "paid_tokens", "cost"]
    ranked = rows.groupby(key, as_index=False)[sums].sum()
    top_9 = rows[rows["is_top_9"]].groupby(key, as_index=False)[sums].sum()
    # `other` has no price, so on platform the same rows are priced as in ranked
    named = {"top_9": top_9, "ranked": ranked, "platform": ranked}
    table = pd.concat([sums.assign(population=population) for population, sums in named.items()])
    table["priced_share"] = table["priced_tokens"] / table["tokens"]
    table["usd_per_million_tokens"] = table["cost"] / table["priced_tokens"].where(table["priced_tokens"] > 0)
    table["usd_per_million_tokens_without_free"] = table["cost"] / table["paid_tokens"].where(table["paid_tokens"] > 0)
    return table.drop(columns=["cost", "paid_tokens"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, default=Path("pipeline/archive"), help="folder of the Parquet files")
    parser.add_argument("--reference", type=Path, default=Path("warehouse/reference"), help="folder of the CSV files")
    parser.add_argument("--output", type=Path, required=True, help="folder for the resulting Parquet files")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    days = attributed_days(given.archive, given.reference)
    weeks = model_weeks(days)
    countries = country_tokens(days, weeks)
    statements, prices = stated_prices(given.archive, given.reference)
    spans = price_spans(statements, prices, given.reference)
    models = weeks[weeks["model_permaslug"] != "other"]
    names = model_names(models["model_permaslug"].drop_duplicates(), statements, given.reference)
    in_force = week_prices(models, names, spans, statements)
    country_prices = country_week_prices(models, in_force)
    countries.to_parquet(given.output / "country_tokens.parquet", index=False)
    spans = spans.rename(columns={"usd": "usd_per_million_tokens"})
    spans.to_parquet(given.output / "model_prices.parquet", index=False)
    in_force = in_force.rename(columns={"usd": "usd_per_million_tokens"})
    in_force.to_parquet(given.output / "model_week_prices.parquet", index=False)
    country_prices.to_parquet(given.output / "country_week_prices.parquet", index=False)
    print(f"data work {time.perf_counter() - started:.3f} s")


if __name__ == "__main__":
    main()
