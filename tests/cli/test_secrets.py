"""Passwords and tokens stay where they were put."""

import pytest
import sqlalchemy as sa

from gnomon.settings import load_settings
from oceans import new_ocean
from terminal import gnomon, snapshot

SECRET = "hunter2secret"


@pytest.mark.parametrize("words", [("status",), ("run", "argo"), ("ls", "--json"), ("verify",)])
def test_a_password_of_the_database_is_in_no_message(words, tmp_path):
    (tmp_path / ".env").write_text(
        f"GNOMON_DATABASE=postgresql+psycopg://u:{SECRET}@127.0.0.1:1/x?connect_timeout=1\n"
    )
    said = gnomon(*words, folder=tmp_path, code=1)
    assert SECRET not in said.out + said.err
    assert "database" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("text", [f"nonsense {SECRET}", f"oracle://u:{SECRET}@h/d"])
def test_an_address_that_makes_no_sense_is_not_repeated(text, tmp_path):
    (tmp_path / ".env").write_text(f'GNOMON_DATABASE="{text}"\n')
    said = gnomon("status", folder=tmp_path, code=2)
    assert SECRET not in said.out + said.err


def test_a_password_is_in_no_file_but_the_one_that_it_was_put_in(gdac, tmp_path, new_postgres):
    # The server trusts its own user, whatever the password.
    url = sa.make_url(new_postgres()).set(password=SECRET).render_as_string(hide_password=False)
    ocean = new_ocean(tmp_path / "project")
    (ocean.folder / "gnomon.db").unlink()
    (ocean.folder / ".env").write_text(f"GNOMON_DATABASE={url}\n")
    ocean.sync(mirror=gdac.folder)
    ocean.export()
    for words in (("status",), ("show", "argo.levels", "wmo=3900001", "--json"), ("verify",)):
        said = gnomon(*words, folder=ocean.folder)
        assert SECRET not in said.out + said.err
    held = {name for name, content in snapshot(ocean.folder).items()
            if content and SECRET.encode() in content}  # fmt: skip
    assert held == {".env"}
    assert ocean.counts() == gdac.counts()
    assert load_settings(ocean.folder).database.get_secret_value().startswith("postgresql")
