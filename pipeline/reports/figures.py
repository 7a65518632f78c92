"""How figures look in every report: tokens in trillions, shares in per cent, countries by name."""

import pycountry


def trillions(tokens: int | None) -> str:
    return "-" if tokens is None else f"{tokens / 1e12:,.3f}T"


def per_cent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def country_name(country_code: str | None) -> str:
    if country_code in (None, "ZZ"):
        return "unknown"
    country = pycountry.countries.get(alpha_2=country_code)
    return str(getattr(country, "common_name", country.name)) if country else str(country_code)
