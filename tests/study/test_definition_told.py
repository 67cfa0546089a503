"""What study files mean and what is refused in them, compared with what was meant and refused before."""

import pytest
from helpers.kept import unchanged

from ecmsim.errors import ConfigError
from ecmsim.study.definition import read

HEAD = 'config = "c.toml"\n'
FILES = (
    '[grid]\n"compliance.current" = ["1 nA", "10 nA"]\n[grid.stress]\nenergy = ["0.1 eV"]\n',
    '[zip]\n"cell.radius" = ["1 nm", "2 nm"]\n"stress.energy" = ["1 eV", "2 eV"]\n[grid]\n"needle.height" = ["3 nm"]\n',
    '[zip]\n"compliance.current" = ["1 nA", "10 nA"]\n"stress.energy" = ["0.1 eV"]\n',
    '[sample]\n"compliance.current" = {from = "1 nA", to = "1 uA"}\n',
    '[sample]\ncount = 0\n"compliance.current" = {from = "1 nA", to = "1 uA"}\n',
    '[sample]\ncount = true\n"compliance.current" = {from = "1 nA", to = "1 uA"}\n',
    '[sample]\ncount = 10001\n"compliance.current" = {from = "1 nA", to = "1 uA"}\n',
    '[sample]\ncount = 2\nseed = -1\n"compliance.current" = {from = "1 nA", to = "1 uA"}\n',
    '[sample]\ncount = 2\n',
    '[draw]\ncount = 2\nseed = 1\n"stress.energy" = {distribution = "normal", mean = "0.1 eV", sigma = "10 meV"}\n',
    '[draw]\ncount = 2\ncorrelated = []\n',
    '[draw]\ncount = 2\n"stress.energy" = {distribution = "normal", mean = "0.1 eV"}\n',
    'sample = 5\n[grid]\n"cell.radius" = ["20 nm"]\n',
    'grid = 5\n',
    '',
    '[set]\nmodel = "reduced"\n[grid]\nmodel = ["full"]\n',
    '[grid]\n"cell.radius" = ["20 nm"]\n[zip]\n"cell.radius" = ["20 nm"]\n',
    '[[case]]\nname = "a"\nset = {"cell.radius" = "20 nm"}\n[[case]]\nname = "b"\n',
    '[[case]]\nname = "a"\n[[case]]\nname = "a"\n',
    '[[case]]\n',
    '[[case]]\nname = "a"\nset = 5\n',
    '[[case]]\nname = "a"\nmore = 5\n',
    '[set]\n"cell.radius" = "20 nm"\n[[case]]\nname = "a"\nset = {"cell.radius" = "30 nm"}\n',
    '[grid]\n"cell.radius" = ["20 nm"]\n[[observe]]\nname = "a"\ncolumn = "gap_nm"\nreduce = "max"\n',
    '[grid]\n"cell.radius" = ["20 nm"]\n[[observe]]\nname = "a"\ncolumn = "gap_nm"\ntime = "10 ms"\n',
    '[grid]\n"cell.radius" = ["20 nm"]\n[[observe]]\nname = "a"\ncolumn = "gap_nm"\ncurrent = "10 nA"\n',
    '[grid]\n"cell.radius" = ["20 nm"]\n[[observe]]\nname = "a b"\ncolumn = "gap_nm"\nreduce = "max"\n',
    '[grid]\n"cell.radius" = ["20 nm"]\n[[observe]]\nname = "a"\ncolumn = "gap"\nreduce = "max"\n',
    '[grid]\n"cell.radius" = ["20 nm"]\n[[observe]]\nname = "a"\ncolumn = "gap_nm"\nreduce = "most"\n',
    '[grid]\n"cell.radius" = ["20 nm"]\n[[observe]]\nname = "a"\ncolumn = "gap_nm"\nreduce = "max"\ntime = "1 s"\n',
    '[grid]\n"cell.radius" = ["20 nm"]\n[[observe]]\nname = "a"\ncolumn = "gap_nm"\ntime = "1 V"\n',
    '[grid]\n"cell.radius" = ["20 nm"]\n[[observe]]\nname = "a"\ncolumn = "gap_nm"\nreduce = "max"\nmore = 1\n',
    '[grid]\n"cell.radius" = ["20 nm"]\nobserve = 5\n',
    '[grid]\n"cell.radius" = ["20 nm"]\n[unheard]\n',
    'read_voltage = "0.2 V"\nset_by = "current"\nset_current = "1 uA"\n[grid]\n"cell.radius" = ["20 nm"]\n',
    'read_voltage = "0 V"\n[grid]\n"cell.radius" = ["20 nm"]\n',
    'set_by = "eye"\n[grid]\n"cell.radius" = ["20 nm"]\n',
    'switch_ratio = 1\n[grid]\n"cell.radius" = ["20 nm"]\n',
    'plot = 5\n[grid]\n"cell.radius" = ["20 nm"]\n',
    'title = 5\n[grid]\n"cell.radius" = ["20 nm"]\n',
    '[grid]\n"cell.active_electrode" = ["own.toml", "Cu"]\n"programme.0.file" = ["t.csv"]\n',
)  # fmt: skip


def test_study_files_mean_and_are_refused_what_they_were_before(tmp_path, file_regression):
    (tmp_path / "c.toml").write_text('extends = "ecmsim:quick"\n')
    path, told = tmp_path / "s.toml", []
    others = ('[grid]\n"a" = [1]\n', "config = 5\n", 'config = "none.toml"\n')
    for text in (*(HEAD + text for text in FILES), *others):
        path.write_text(text)
        try:
            found = {name: str(value) for name, value in vars(read(path)).items() if name not in ("path", "text")}
            said = "\n  ".join(f"{name} = {value}" for name, value in found.items())
        except ConfigError as error:
            said = str(error)
        told.append(f"{text.removeprefix(HEAD)!r}\n  {said}".replace(str(tmp_path), "HERE"))
    unchanged(file_regression, "\n".join(told))


def test_a_study_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        read(tmp_path / "none.toml")
