"""``t12-bodycomp cohort analyse``, from a made-up study's table to its files; what is refused, what is said."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_t12_bodycomp.cli import main
from napari_t12_bodycomp.model.rush import ITEMS

TABLES = {"description_all_patients.csv", "logistic_all_patients.csv", "roc.csv", "correlations.csv", "enrolment.csv", "variables.csv"}
Run = Callable[..., tuple[int, str]]


def made_up(n: int = 80, seed: int = 7) -> pd.DataFrame:
    """One centre: slower healing where muscle is low and visceral fat high, with chance in it."""
    rng = np.random.default_rng(seed)
    height = np.round(rng.normal(1.62, 0.07, n), 2)
    smi, vfi, sfi = np.clip(rng.normal(34, 6, n), 15, None), rng.gamma(6, 6, n), rng.gamma(7, 5, n)
    areas = {"muscle_area_cm2": smi, "visceral_fat_area_cm2": vfi, "subcutaneous_fat_area_cm2": sfi}
    month = np.clip(np.round(18 + 0.3 * (smi - 34) - 0.08 * (vfi - 36) + rng.normal(0, 2, n)), 10, 30).astype(int)
    return pd.DataFrame(
        {
            "patient_id": [f"P-{k:03d}" for k in range(n)],
            "age": rng.integers(55, 95, n),
            "sex": rng.choice(["F", "M"], n),
            "height_m": height,
            "weight_kg": np.round(rng.normal(58, 9, n), 1),
            "hypertension": rng.integers(0, 2, n),
            **{name: np.round(index * height**2, 2) for name, index in areas.items()},
            "rush_consensus_d1": np.minimum(month, rng.integers(10, 14, n)),
            "rush_consensus_m1": month,
        }
    )


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command on a table; the exit code, and what it says on standard output and error."""

    def one(table: pd.DataFrame | str, *words: str, out: str = "out", is_drawn: bool = False) -> tuple[int, str]:
        path = tmp_path / "table.csv"
        path.write_text(table if isinstance(table, str) else table.to_csv(index=False), encoding="utf-8")
        code = main(["cohort", "analyse", str(path), "--out", str(tmp_path / out), *words, *([] if is_drawn else ["--no-figures"])])
        said = capsys.readouterr()
        return code, said.out if code == 0 else said.err

    return one


def results(tmp_path: Path, out: str = "out") -> Any:
    return json.loads((tmp_path / out / "results.json").read_text(encoding="utf-8"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_table_of_areas_and_heights_becomes_the_study(run: Run, tmp_path: Path) -> None:
    """1. Indices, BMI, change and outcome follow from what is there. 2. All is written. 3. The numbers are those of the table."""
    table = made_up()
    code, said = run(
        table, "--json", "--match", "all", "--screened", "90", "--excluded", "no CT=8", "--excluded", "age = 40=2", is_drawn=True
    )
    assert code == 0
    summary, found = json.loads(said), results(tmp_path)
    assert set(summary["files"]) == {p.name for p in (tmp_path / "out").iterdir()} > TABLES
    assert found["derived"]["SMI"] == "muscle area / height²" and found["derived"]["outcome"] == "RUSH agreed at month 1 < 18"
    assert found["flow"]["n_screened"] == 90 and found["flow"]["excluded"] == {"no CT": 8, "age = 40": 2}
    slow = table["rush_consensus_m1"] < 18
    place = found["places"]["all"]
    assert place["sample"]["groups"] == [int(slow.sum()), int((~slow).sum())]
    smi = (table["muscle_area_cm2"] / table["height_m"] ** 2).round(4)
    means = [summary["mean"] for summary in place["sample"]["comparisons"]["SMI"]["description"]["numbers"]]
    assert means == pytest.approx([smi[slow].mean(), smi[~slow].mean()])
    assert place["sample"]["comparisons"]["SMI"]["method"].startswith(place["sample"]["comparisons"]["SMI"]["test"])
    pairs = place["matched"]["matching"]["pairs"]
    of_id = dict(zip(table["patient_id"], slow, strict=True))
    assert 0 < len(pairs) == summary["places"]["all"]["pairs"] and all(of_id[p["treated"]] != of_id[p["control"]] for p in pairs)
    higher = sum((a < b) + (a == b) / 2 for a in smi[slow] for b in smi[~slow])
    assert summary["places"]["all"]["auc"]["SMI"] == pytest.approx(higher / (slow.sum() * (~slow).sum()))


def test_the_same_table_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    for out in ("one", "two"):
        assert run(made_up(), "--match", "all", out=out, is_drawn=True)[0] == 0
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / out).iterdir()} for out in ("one", "two"))
    assert one == two and one["report.html"].count(b"data:image/png;base64,") == 4


def test_the_report_stands_alone_and_never_prints_p_as_nothing(run: Run, tmp_path: Path) -> None:
    assert run(made_up(), "--title", "Bones & <muscles>")[0] == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<h1>Bones &amp; &lt;muscles&gt;</h1>" in page and not re.search(r'(src|href)="(?!data:|#)', page)
    texts = [page, *(p.read_text(encoding="utf-8") for p in (tmp_path / "out").glob("*.csv") if p.name != "roc_points.csv")]
    assert not any(re.search(r"p = 0\.000|(?<![\d.])0\.000 \(|, ?p 0\.000", text) for text in texts)
    header = rows(tmp_path / "out" / "description_all_patients.csv")[0]
    assert any(name.startswith("RUSH < 18") for name in header) and any(name.startswith("RUSH ≥ 18") for name in header)
    assert "> 18" not in page.replace("&gt;", ">")


def test_small_centres_are_not_matched_by_themselves_and_it_is_said_why(run: Run, tmp_path: Path) -> None:
    table = made_up(90).assign(centre=["north"] * 60 + ["south"] * 28 + ["west"] * 2)
    code, said = run(table)
    found = results(tmp_path)
    assert code == 0 and "All centres" in said
    assert list(found["places"]) == ["all", "north", "south"]
    assert any(words.startswith("Centre west alone was not analysed") for words in found["left_out"])
    assert any("No matching in centre north: 10 patients of the rarer group are wanted" in words for words in found["left_out"])
    assert found["places"]["all"]["regressions"]["adjusted_for"] == "centre"
    run(table, "--match", "north")
    assert results(tmp_path)["places"]["north"]["matched"]["matching"]["pairs"]
    assert "is none" in run(table, "--match", "east")[1]


def test_centres_whose_names_make_the_same_file_name_keep_files_of_their_own(run: Run, tmp_path: Path) -> None:
    table = made_up(60).assign(centre=["A/b"] * 30 + ["a b"] * 30)
    lines = [f"{line},," for line in table.to_csv(index=False).splitlines()]
    assert run("\n".join(lines))[0] == 0
    names = {p.name for p in (tmp_path / "out").glob("description_*")}
    assert names == {"description_all_centres.csv", "description_centre_a_b.csv", "description_centre_a_b_2.csv"}
    centre = [row for row in rows(tmp_path / "out" / "description_all_centres.csv") if row["variable"].strip() in ("A/b", "a b")]
    counts = [int(cell.split(" ")[0]) for row in centre for name, cell in row.items() if name.startswith("RUSH")]
    assert len(counts) == 4 and sum(counts) == 60
    assert run(table.replace("a b", "all"))[0] == 3


def test_missing_values_are_counted_and_left_out_where_they_are_needed(run: Run, tmp_path: Path) -> None:
    table = made_up().astype({"rush_consensus_m1": object, "age": object})
    table.loc[[3, 5], "muscle_area_cm2"] = None
    table.loc[[4], "age"] = "NA"
    table.loc[[10], "rush_consensus_m1"] = ""
    code, _ = run(table)
    found = results(tmp_path)
    sample = found["places"]["all"]["sample"]
    assert code == 0 and (found["missing"]["SMI"], found["missing"]["age"], found["missing"]["outcome"]) == (2, 1, 1)
    assert sum(sample["groups"]) == 79 and sample["correlations"]["SMI"]["n"] == 77 and sample["correlations"]["VFI"]["n"] == 79
    assert found["places"]["all"]["regressions"]["full"]["n"] == 76
    assert found["flow"]["centres"][0]["n_unknown"] == 1
    assert any("outcome of 1 patients is unknown (row 12)" in finding["sentence"] for finding in found["findings"])
    smi = next(row for row in rows(tmp_path / "out" / "description_all_patients.csv") if row["variable"].startswith("SMI"))
    assert any("[n = " in cell for cell in smi.values())


def test_empty_cells_that_follow_from_others_are_computed(run: Run, tmp_path: Path) -> None:
    table = made_up()
    smi = (table["muscle_area_cm2"] / table["height_m"] ** 2).round(4)
    table = table.assign(
        SMI=smi.where(table.index != 3), slow_healing=(table["rush_consensus_m1"] < 18).astype(object).where(table.index > 1)
    )
    assert run(table)[0] == 0
    found = results(tmp_path)
    said = " ".join(finding["sentence"] for finding in found["findings"])
    assert "'SMI' was empty in row 5: computed as muscle area" in said and "'slow_healing' was empty in rows 2 and 3" in said
    assert (found["missing"]["SMI"], found["missing"]["outcome"]) == (0, 0)
    run(table.drop(columns=["SMI", "slow_healing"]), out="all")
    assert results(tmp_path, "all")["places"] == found["places"]


def test_a_column_without_a_value_is_said_and_stops_nothing(run: Run, tmp_path: Path) -> None:
    table = made_up().assign(smoking="", ASA=2, SMD=None, fixation="PFNA")
    assert run(table)[0] == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Current smoking: no test" in page and "ASA class: no test" in page and "SMD: no test" in page
    row = next(row for row in rows(tmp_path / "out" / "logistic_all_patients.csv") if row["factor"] == "Internal fixation")
    assert "does not vary" in row["OR"]


def test_separation_is_a_sentence_instead_of_a_number(run: Run, tmp_path: Path) -> None:
    table = made_up()
    slow = table["rush_consensus_m1"] < 18
    table["fixation"] = np.where(slow & (table.index % 5 == 0), "Gamma", np.where(table.index % 2 == 0, "PFNA", "InterTAN"))
    assert run(table)[0] == 0
    gamma = next(row for row in rows(tmp_path / "out" / "logistic_all_patients.csv") if "Gamma" in row["factor"])
    assert gamma["OR"] == "its estimate is infinite" and gamma["enters"] == "no"
    assert "no row with fixation = Gamma has outcome 0" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_covariates_that_tell_the_groups_apart_leave_the_centre_unmatched(run: Run, tmp_path: Path) -> None:
    table = made_up(120)
    table["diabetes"] = (table["rush_consensus_m1"] < 18).astype(int)
    code, _ = run(table, "--covariates", "diabetes", "age")
    assert code == 0 and any("tell them apart completely" in words for words in results(tmp_path)["left_out"])
    assert run(table, "--covariates", "diabetes", "--match", "all")[0] == 3


def test_names_of_ones_own(run: Run, tmp_path: Path) -> None:
    table = made_up().rename(columns={"patient_id": "Fall", "age": "Alter", "muscle_area_cm2": "muscle"})
    table["slow"] = np.where(table.pop("rush_consensus_m1") < 18, "delayed", "healed")
    table["grip_kg"] = np.arange(80) % 17 + 0.5
    (tmp_path / "names.toml").write_text('age = "Alter"\nmuscle_area_cm2 = "muscle"\n', encoding="utf-8")
    words = ["--columns", str(tmp_path / "names.toml"), "--id", "Fall", "--outcome", "slow", "--event", "delayed"]
    code, said = run(table, *words, "--exposures", "SMI", "grip_kg", "--markers", "grip_kg", "--candidates", "age", "grip_kg")
    assert code == 0 and "slow = delayed" in said
    found = results(tmp_path)
    assert found["plan"]["groups"] == ["slow = delayed", "slow ≠ delayed"]
    assert [one["marker"] for one in found["places"]["all"]["sample"]["rocs"]] == ["grip_kg"]
    assert "grip_kg" in found["places"]["all"]["sample"]["comparisons"] and found["columns"]["age"] == "Alter"
    assert run(table, *words, "--exposures", "grip")[0] == 2
    assert run(table, *words, "--column", "SMI=nothing")[0] == 2


def test_a_study_export_is_read_as_it_is(run: Run, tmp_path: Path) -> None:
    table = made_up().rename(columns={"age": "age_years"})
    table.insert(0, "case_id", [f"C{k}" for k in range(80)])
    table = table.assign(status=["approved"] * 78 + ["draft"] * 2, hu_preset=["t12-study"] * 79 + ["alberta"])
    for name, area in (("smi", "muscle"), ("vfi", "visceral_fat"), ("sfi", "subcutaneous_fat")):
        table[f"{name}_cm2_m2"] = (table[f"{area}_area_cm2"] / table["height_m"] ** 2).round(3)
    assert run(table)[0] == 0
    found = results(tmp_path)
    assert found["columns"]["SMI"] == "smi_cm2_m2" and found["columns"]["patient_id"] == "patient_id"
    said = " ".join(finding["sentence"] for finding in found["findings"])
    assert "2 measurements are drafts that nobody confirmed (rows 80 and 81)" in said and "alberta, t12-study" in said


def test_semicolons_and_decimal_commas(run: Run, tmp_path: Path) -> None:
    table = made_up()
    run(table, out="point")
    assert run(table.to_csv(index=False, sep=";", decimal=","), out="comma")[0] == 0
    point, comma = (results(tmp_path, out) for out in ("point", "comma"))
    assert point["places"] == comma["places"] and "decimal comma" in comma["findings"][0]["sentence"]
    mixed = table.to_csv(index=False, sep=";", decimal=",").replace(",", ".", 1)
    code, said = run(mixed)
    assert code == 3 and "one kind of decimal mark" in said


def _long(table: pd.DataFrame) -> pd.DataFrame:
    """Three raters who see the agreed total, but for a point here and there, and the agreed total itself."""
    found = []
    for k, patient in table.iterrows():
        for time in ("d1", "m1"):
            for r, rater in enumerate(("att1", "att2", "res1", "consensus")):
                total = int(patient[f"rush_consensus_{time}"]) + (rater != "consensus" and (int(str(k)) + r) % 3 == 0)
                total = min(total, 30)
                items = [1 + (total - 10) // 10 + (i < (total - 10) % 10) for i in range(10)]
                role = {"a": "attending", "r": "resident", "c": ""}[rater[0]]
                found.append([patient["patient_id"], time, rater, role, *items, total])
    return pd.DataFrame(found, columns=["patient_id", "timepoint", "rater", "role", *ITEMS, "total"])


def test_ratings_give_agreement_and_their_consensus_the_outcome(run: Run, tmp_path: Path) -> None:
    table = made_up()
    _long(table).to_csv(tmp_path / "long.csv", index=False)
    bare = table.drop(columns=["rush_consensus_d1", "rush_consensus_m1"])
    assert run(table, out="table")[0] == 0
    assert run(bare, "--rush", str(tmp_path / "long.csv"), out="long")[0] == 0
    one, two = (results(tmp_path, out) for out in ("table", "long"))
    assert one["places"]["all"]["sample"] == two["places"]["all"]["sample"]
    groups = {(g["time"], g["group"]): g for g in two["places"]["all"]["raters"]}
    assert groups["m1", "all raters"]["raters"] == ["att1", "att2", "res1"] and groups["m1", "all raters"]["n_complete"] == 80
    assert 0.9 < groups["m1", "attendings"]["icc"]["ICC(2,1)"]["value"] < 1
    without = _long(table)
    without[without["rater"] != "consensus"].to_csv(tmp_path / "long.csv", index=False)
    code, said = run(bare, "--rush", str(tmp_path / "long.csv"))
    assert code == 3 and "is no consensus" in said


def test_ratings_that_contradict_themselves_or_the_table_are_refused(run: Run, tmp_path: Path) -> None:
    table, long = made_up(), _long(made_up())
    long.loc[7, "cb_medial"] = 4
    long.to_csv(tmp_path / "long.csv", index=False)
    code, said = run(table, "--rush", str(tmp_path / "long.csv"))
    assert code == 3 and "1, 2 or 3 points are wanted" in said
    long = _long(table)
    long.loc[7, "total"] += 1
    long.to_csv(tmp_path / "long.csv", index=False)
    assert "A total that is the sum of its items is wanted" in run(table, "--rush", str(tmp_path / "long.csv"))[1]
    long = _long(table)
    long.loc[long["patient_id"] == "P-001", "patient_id"] = "P-999"
    long.to_csv(tmp_path / "long.csv", index=False)
    assert run(table.assign(rush_m1_att1=table["rush_consensus_m1"]), "--rush", str(tmp_path / "long.csv"))[0] == 3
    assert run(table, "--rush", str(tmp_path / "long.csv"))[0] == 0
    said = " ".join(finding["sentence"] for finding in results(tmp_path)["findings"])
    assert "1 rated patients are not in the table" in said and "rated by nobody (row 3)" in said


WRONG: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "height in cm": (lambda t: t.assign(height_m=t["height_m"] * 100), "Height ('height_m') of 1 to 2.3 m is wanted"),
    "negative area": (lambda t: t.assign(visceral_fat_area_cm2=-1.0), "of 0 to 1000 cm² is wanted"),
    "an index of another height": (lambda t: t.assign(SMI=t["muscle_area_cm2"] / 1.7**2), "'SMI' should be muscle area / height²"),
    "outcome against the score": (
        lambda t: t.assign(slow_healing=(t["rush_consensus_m1"] <= 18).astype(int)),
        "'slow_healing' should be RUSH agreed at month 1 < 18",
    ),
    "change against the scores": (lambda t: t.assign(delta_rush=1), "'delta_rush' should be RUSH at month 1 - RUSH at day 1"),
    "a total that no items give": (lambda t: t.assign(rush_consensus_d1=9), "of 10 to 30 is wanted, rows 2, 3"),
    "half a point": (lambda t: t.assign(rush_consensus_d1=10.5), "should hold whole numbers"),
    "a patient twice": (lambda t: pd.concat([t, t.iloc[[4]]]), "One row a patient is wanted, rows 6 and 82"),
    "a patient without a name": (lambda t: t.assign(patient_id=t["patient_id"].replace("P-004", "")), "row 6 lacks it"),
    "words among numbers": (lambda t: t.astype({"age": object}).assign(age="old"), "Column 'age' should hold numbers"),
    "a sex that is none": (lambda t: t.assign(sex="3"), "Column 'sex' should hold f, female, m, male, o or other"),
    "yes, no and perhaps": (lambda t: t.assign(hypertension=2), "Column 'hypertension' should hold 1, yes"),
    "one index twice": (lambda t: t.assign(SMI=30, smi_cm2_m2=30), "One column for SMI is wanted, 'SMI' and 'smi_cm2_m2'"),
    "no outcome": (lambda t: t.drop(columns="rush_consensus_m1"), "An outcome is wanted"),
    "nobody heals slowly": (lambda t: t.assign(rush_consensus_m1=20), "3 patients or more of each group"),
    "no index": (lambda t: t.drop(columns="height_m").drop(columns=[c for c in t if "area" in c]), "Indices to analyse are wanted"),
    "no ids": (lambda t: t.drop(columns="patient_id"), "A column of patients' IDs is wanted"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_must_not_be_analysed_is_refused_in_a_sentence(run: Run, tmp_path: Path, fault: str) -> None:
    change, sentence = WRONG[fault]
    code, said = run(change(made_up()))
    assert code == 3 and sentence in said
    assert not (tmp_path / "out").exists()


def test_every_fault_is_said_at_once_and_contradictions_may_be_flagged_instead(run: Run, tmp_path: Path) -> None:
    table = made_up().assign(SMI=30.0, delta_rush=3)
    code, said = run(table)
    assert code == 3 and "'SMI' should be" in said and "'delta_rush' should be" in said
    assert run(table, "--flag-contradictions")[0] == 0
    assert len(results(tmp_path)["findings"]) == 2
    assert "Odd in the table" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no rows"),
        ("patient_id,age\n", "has no rows"),
        ("patient_id,age\n1,2\n1,2,3\n", "row 3 has 3"),
        ("patient_id,,age\n1,2,3\n", "column 2 of table.csv has none"),
        ("age,age\n1,2\n", "'age' stands twice"),
        ('patient_id,age\n1,"2\n', "breaks off or quotes wrongly"),
        ("PK\x03\x04xyz", "a spreadsheet's own file"),
    ],
)
def test_what_is_no_table_is_refused(run: Run, text: str, sentence: str) -> None:
    code, said = run(text)
    assert code == 3 and sentence in said


def test_json_and_exit_codes(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cohort", "analyse", str(tmp_path / "nothing.csv"), "--out", str(tmp_path / "out"), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["exit_code"] == 3
    assert main(["cohort", "--json"]) == 2
    assert run(made_up(), "--excluded", "no CT")[0] == 2 and run(made_up(), "--caliper", "-1")[0] == 2
    assert run(made_up(), "--screened", "70")[0] == 3
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "is a file" in run(made_up(), out="file")[1]


def test_the_list_of_screened_patients_says_who_was_excluded(run: Run, tmp_path: Path) -> None:
    reasons = ["no CT"] * 5 + ["refused surgery"] + [""] * 74
    assert run(made_up().assign(exclusion_reason=reasons))[0] == 0
    flow = results(tmp_path)["flow"]
    assert (flow["n_screened"], flow["excluded"], flow["centres"][0]["groups"]["1"] + flow["centres"][0]["groups"]["0"]) == (
        80,
        {"no CT": 5, "refused surgery": 1},
        74,
    )


def test_cells_that_a_spreadsheet_would_run_are_made_safe(run: Run, tmp_path: Path) -> None:
    table = made_up().assign(fracture_type=["=1+1", "stable"] * 40)
    assert run(table, "--match", "all")[0] == 0
    cells = [cell for path in (tmp_path / "out").glob("*.csv") for row in rows(path) for cell in row.values()]
    assert not any(cell.startswith(("=", "@", "+")) for cell in cells)
    assert not any(cell.startswith("-") and not re.fullmatch(r"-[\d.e-]+( to -?[\d.]+)?|-inf", cell) for cell in cells)
