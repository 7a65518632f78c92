"""Settings, from the environment (TOKENTIDE_*). Every one has a default that suits a laptop."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.home import Home


class Settings(BaseSettings):
    """What can be set, each by the environment variable TOKENTIDE_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="TOKENTIDE_")

    home: Path = Field(Path("data"), description="folder of all state")
    lock_wait_seconds: float = Field(30, ge=0, description="how long a run waits for another one that is writing")
    editions_to_keep: int = Field(5, ge=1, description="how many published editions are kept for comparison")
    ui_port: int = Field(3000, ge=1, le=65535, description="port of the Dagster UI on 127.0.0.1")

    @property
    def state(self) -> Home:
        return Home(self.home.expanduser().resolve())
