"""A sceptic's view: identities planted in every place that a file has, then every byte that was written is searched for them."""

from __future__ import annotations

import shutil
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from ct_files import HARD, slice_dataset
from planted import MARK, SURNAME, UID_ROOT, leaks, plant_dictionary, plant_everywhere, planted_bytes
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.datadict import tag_for_keyword
from pydicom.encaps import encapsulate, generate_frames
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless
from results import plain

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.dicom.deid_keys import Keys
from napari_t12_bodycomp.dicom.deid_numbers import is_plain_number
from napari_t12_bodycomp.dicom.deid_rules import Action, action_for
from napari_t12_bodycomp.dicom.deid_streams import CutShortError, without_words
from napari_t12_bodycomp.dicom.deidentify import deidentified
from napari_t12_bodycomp.workflow.deid_key_file import make_keys

KEYS = Keys(bytes(range(32)))
FILES = (
    "CT_small.dcm",
    "MR_small.dcm",
    "SC_rgb_small_odd.dcm",
    "examples_overlay.dcm",
    "JPEG-lossy.dcm",
    "liver_1frame.dcm",
    "rtstruct.dcm",
)


@cache
def everything(syntax: str) -> tuple[bytes, bytes]:
    """A slice with every element that DICOM knows, each with an identity; and what was made of it."""
    dataset = slice_dataset(0.0)
    dataset.file_meta.TransferSyntaxUID = syntax
    plant_everywhere(dataset)
    assert plant_dictionary(dataset) > 3500
    content = planted_bytes(dataset)
    return content, deidentified(content, KEYS).content


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_of_everything_that_dicom_knows_nothing_stays(syntax: str) -> None:
    content, made = everything(syntax)
    assert len(leaks(content)) >= 5
    assert leaks(made) == []
    assert np.array_equal(dcmread(BytesIO(made)).pixel_array, slice_dataset(0.0).pixel_array)


@pytest.mark.parametrize("charset", ["ISO_IR 100", "ISO_IR 192", "ISO_IR 144", "ISO 2022 IR 87", "GB18030"])
def test_names_in_every_character_set_go(charset: str) -> None:
    names = {"ISO_IR 144": "Иванова^Ольга", "ISO 2022 IR 87": "Yamada^Tarou=山田^太郎", "GB18030": "Wang^XiaoDong=王^小东"}
    name = names.get(charset, "Müllerschön^Jürgen")
    dataset = slice_dataset(0.0)
    dataset.SpecificCharacterSet = ["", charset] if charset.startswith("ISO 2022") else charset
    dataset.PatientName, dataset.ReferringPhysicianName, dataset.SeriesDescription = name, name, f"Thorax {name}"
    dataset.ConvolutionKernel, dataset.ImageComments, dataset.OperatorsName = name[:16], name, name
    raw = planted_bytes(dataset)
    made = deidentified(raw, KEYS).content
    encodings = ("utf-8", "latin-1", "iso8859-5", "iso2022_jp", "gb18030", "utf-16-le")
    forms = {part.encode(encoding, "ignore") for part in name.replace("=", "^").split("^") for encoding in encodings}
    long = [form for form in forms if len(form) >= 4]
    assert any(form in raw for form in long)
    assert [form for form in long if form in made] == []


def test_every_file_of_an_export_gives_nothing_away(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / f"{SURNAME}, Hans"
    _fill(source)
    make_keys(tmp_path / "key")
    out = tmp_path / "out"
    words = ["deidentify", str(source), "--out", str(out), "--key-file", str(tmp_path / "key"), "--verbose"]
    code = cli.main([*words, "--with-pictures", "--with-localizers", "--with-regions", "--left-out-names", str(tmp_path / "names")])
    said = capfd.readouterr()
    assert code == 3
    assert leaks((said.out + said.err).encode()) == []
    files = [p for p in out.rglob("*") if p.is_file()]
    assert len([p for p in files if p.suffix == ".dcm"]) >= (6 if HARD.exists() else 4)
    for file in files:
        assert leaks(str(file.relative_to(out)).encode()) == []
        assert leaks(file.read_bytes()) == [], file.name
    assert f"{MARK}.pdf" in (tmp_path / "names").read_text(encoding="utf-8")
    assert (tmp_path / "names").stat().st_mode & 0o077 == 0


def _fill(source: Path) -> None:
    """Small files of every kind with identities in them, among them what is no DICOM and what is damaged."""
    source.mkdir()
    paths = [Path(str(get_testdata_file(name))) for name in FILES]
    hard = sorted((HARD / "odd_files").glob("*.dcm"))[:6] if HARD.exists() else []
    for n, path in enumerate([*paths, *hard]):
        dataset = dcmread(path, force=True)
        if "TransferSyntaxUID" not in getattr(dataset, "file_meta", {}):
            continue
        plant_everywhere(dataset)
        (source / f"{SURNAME} {n}").write_bytes(planted_bytes(dataset, f"{MARK} trailing".encode() * (n % 2)))
    (source / f"{SURNAME} cut").write_bytes((source / f"{SURNAME} 0").read_bytes()[:3000])
    (source / f"{MARK}.pdf").write_bytes(b"%PDF" + MARK.encode())
    (source / "notes").write_bytes(MARK.encode() * 100)
    shutil.copy(str(get_testdata_file("DICOMDIR")), source / "DICOMDIR")


def test_the_standard_s_table_is_obeyed() -> None:
    from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table

    before, after = (dcmread(BytesIO(content)) for content in everything(ExplicitVRLittleEndian))
    retained = {tag_for_keyword(word) for word in ("PatientSex", "PatientAge", "PatientSize", "PatientWeight")}
    descriptors = {tag_for_keyword(word) for word in ("StudyDescription", "SeriesDescription", "ProtocolName", "ContrastBolusAgent")}
    options = retained | descriptors | {tag_for_keyword(word) for word in ("DeidentificationMethodCodeSequence",)}
    seen = 0
    for name in ("X_TAGS", "Z_TAGS", "D_TAGS", "U_TAGS", "X_Z_TAGS", "X_D_TAGS", "Z_D_TAGS", "X_Z_D_TAGS"):
        for tag in (_number(entry) for entry in getattr(table, name) if len(entry) == 2):
            if tag not in before or tag in options:
                continue
            seen += 1
            if name == "X_TAGS":
                assert tag not in after, before[tag].keyword
            elif tag in after and after[tag].VR != "SQ":
                assert not after[tag].value or after[tag].value != before[tag].value, before[tag].keyword
    assert seen > 450


def _number(entry: tuple[int, int]) -> int:
    return entry[0] << 16 | entry[1]


def test_what_was_kept_is_declared() -> None:
    for shift, codes in ((True, {"113100", "113105", "113107", "113108"}), (False, {"113100", "113105", "113108"})):
        made = dcmread(BytesIO(deidentified(planted_bytes(plain(0)), KEYS, shift_dates=shift).content))
        assert {code.CodeValue for code in made.DeidentificationMethodCodeSequence} == codes
        assert (made.PatientIdentityRemoved, made.LongitudinalTemporalInformationModified) == ("YES", "MODIFIED" if shift else "REMOVED")
    picture = dcmread(
        BytesIO(deidentified(planted_bytes(slice_dataset(0.0, BurnedInAnnotation="YES")), KEYS, are_pixels_clean=False).content)
    )
    assert (picture.PatientIdentityRemoved, picture.BurnedInAnnotation) == ("NO", "YES")


@pytest.mark.parametrize(
    ("keyword", "vr"),
    [("PatientSize", "LT"), ("KVP", "LO"), ("Rows", "SH"), ("PixelSpacing", "UN"), ("StudyDate", "LO"), ("PatientSex", "US")],
)
def test_a_value_of_another_kind_than_promised_goes(keyword: str, vr: str) -> None:
    assert action_for(Tag(keyword), vr, True) is Action.REMOVED


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
def test_comments_in_a_compressed_stream_are_blanked_and_the_pixels_stay(syntax: str) -> None:
    dataset = slice_dataset(0.0)
    expected = dataset.pixel_array.copy()
    dataset.compress(syntax, encoding_plugin="pylibjpeg" if syntax == JPEG2000Lossless else "pyjpegls")
    stream = next(generate_frames(dataset.PixelData, number_of_frames=1))
    comment = f"{MARK} scanned this".encode()
    if syntax == JPEG2000Lossless:
        at = stream.index(b"\xff\x90")
        segment = b"\xff\x64" + (4 + len(comment)).to_bytes(2, "big") + b"\0\1" + comment
    else:
        at = 2
        segment = (
            b"\xff\xfe" + (2 + len(comment)).to_bytes(2, "big") + comment + b"\xff\xe1" + (2 + len(comment)).to_bytes(2, "big") + comment
        )
    told = stream[:at] + segment + stream[at:] + comment
    dataset.PixelData = encapsulate([told + b"\0" * (len(told) % 2)])
    made = dcmread(BytesIO(deidentified(planted_bytes(dataset), KEYS).content))
    assert MARK.encode() not in made.PixelData
    assert len(made.PixelData) == len(dataset.PixelData)
    assert np.array_equal(made.pixel_array, expected)


def test_a_stream_without_words_stays_byte_for_byte() -> None:
    for name in ("693_J2KI.dcm", "JPEGLSNearLossless_16.dcm", "JPEG-lossy.dcm"):
        stream = next(generate_frames(dcmread(str(get_testdata_file(name))).PixelData, number_of_frames=1))
        made = without_words(stream)
        assert len(made) == len(stream)
        assert sum(a != b for a, b in zip(made, stream, strict=True)) < 200


def test_bytes_behind_the_pixels_go_and_missing_ones_are_noticed() -> None:
    dataset = slice_dataset(0.0)
    whole = dataset.PixelData
    dataset.PixelData = whole + f"{MARK} behind the pixels".encode()
    assert dcmread(BytesIO(deidentified(planted_bytes(dataset), KEYS).content)).PixelData == whole
    dataset.PixelData = whole[:-100]
    with pytest.raises(CutShortError):
        deidentified(planted_bytes(dataset), KEYS)


@pytest.mark.parametrize("name", ["Option^Retain", "Chest^Ann", "Standard^Max", "Original^Primary"])
def test_somebody_called_like_a_word_of_the_standard_loses_no_image(name: str) -> None:
    dataset = slice_dataset(0.0, PatientName=name, PatientID="000000", AccessionNumber="00000000", ConvolutionKernel="STANDARD")
    made = dcmread(BytesIO(deidentified(planted_bytes(dataset), KEYS).content))
    assert np.array_equal(made.pixel_array, dataset.pixel_array)
    assert (made.get("ConvolutionKernel") or "") == ("" if name.startswith("Standard") else "STANDARD")


def test_local_codes_say_nothing_and_public_ones_what_the_standard_says() -> None:
    dataset = slice_dataset(0.0)
    dataset.ProcedureCodeSequence = [_code("CTKLIN1", "KLINIKUM", f"{MARK} protocol")]
    dataset.CTDIPhantomTypeCodeSequence = [_code("113691", "DCM", f"{MARK} phantom")]
    made = dcmread(BytesIO(deidentified(planted_bytes(dataset), KEYS).content))
    local, public = made.ProcedureCodeSequence[0], made.CTDIPhantomTypeCodeSequence[0]
    assert (local.CodeValue, local.CodingSchemeDesignator, local.CodeMeaning) == ("REMOVED", "99REMOVED", "REMOVED")
    assert (public.CodeValue, public.CodingSchemeDesignator, public.CodeMeaning) == ("113691", "DCM", "IEC Body Dosimetry Phantom")


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def test_a_uid_that_only_begins_like_dicom_s_own_is_replaced() -> None:
    assert KEYS.uid("1.2.840.10008.5.1.4.1.1.2") == "1.2.840.10008.5.1.4.1.1.2"
    assert KEYS.uid("1.2.840.10008.6.1.1308") == "1.2.840.10008.6.1.1308"
    for own in ("1.2.840.10008.4711", f"1.2.840.10008.{MARK}", f"{UID_ROOT}.1"):
        assert KEYS.uid(own).startswith("2.25.")


def test_icons_within_sequences_go_and_unused_bits_are_told() -> None:
    dataset = slice_dataset(0.0)
    icon = slice_dataset(0.0)
    del icon.file_meta
    dataset.IconImageSequence, dataset.ReferencedImageEvidenceSequence = [icon], [icon]
    assert not deidentified(planted_bytes(dataset), KEYS).has_unused_bits
    dataset.PixelData = (np.frombuffer(dataset.PixelData, "<u2") | np.uint16(0x4000)).tobytes()
    made = deidentified(planted_bytes(dataset), KEYS)
    assert made.has_unused_bits
    assert [e.keyword for e in dcmread(BytesIO(made.content)).iterall()].count("PixelData") == 1


def test_a_file_with_broken_bytes_is_refused_or_gives_nothing_away() -> None:
    content = _planted_slice()
    random, written = np.random.default_rng(0), 0
    for _ in range(120):
        broken = bytearray(content)
        for at in random.integers(132, len(content) - 6200, random.integers(1, 4)):
            broken[at : at + random.integers(0, 3)] = random.bytes(int(random.integers(0, 3)))
        try:
            made = deidentified(bytes(broken), KEYS).content
        except Exception:
            continue
        written += 1
        assert leaks(made) == []
    assert written > 10


def _planted_slice() -> bytes:
    dataset = slice_dataset(0.0)
    plant_everywhere(dataset)
    return planted_bytes(dataset)


@pytest.mark.parametrize("text", ["1.3.6.1.4.1", "0049-30-1234", "12 34", "1e5e5", "--1", "123456789012"])
def test_a_number_that_is_none_goes(text: str) -> None:
    assert not is_plain_number("IS", text)
    assert not is_plain_number("DS", text) or text.isdigit()
    assert all(is_plain_number("DS", good) for good in ("", "-1.5", "1.", ".5", "1.25E-3", "+7"))
