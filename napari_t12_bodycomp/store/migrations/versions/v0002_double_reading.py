"""Double reading, and what is noted of signing in. No row that stands is touched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "reading_plans",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("double_percent", sa.Float(), nullable=False),
        sa.Column("reread_percent", sa.Float(), nullable=False),
        sa.Column("washout_days", sa.Integer(), nullable=False),
        sa.Column("area_percent", sa.Float(), nullable=False),
        sa.Column("area_floor_cm2", sa.Float(), nullable=False),
        sa.Column("dice", sa.Float(), nullable=False),
        sa.Column("level_mm", sa.Float(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("n_cases", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_reading_plans_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_plans")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("(outcome = 'lifted') = (by_id IS NOT NULL)", name=op.f("ck_sign_ins_by")),
        sa.CheckConstraint("outcome IN ('failed', 'succeeded', 'lifted')", name=op.f("ck_sign_ins_outcome")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sign_ins_account_id")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name=op.f("fk_sign_ins_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    op.create_index("ix_sign_ins_account_id", "sign_ins", ["account_id", "id"], unique=False)
    op.create_table(
        "readings",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("first_reader_id", sa.Integer(), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.Text(), nullable=False),
        sa.Column("not_before", sa.Text(), nullable=True),
        sa.Column("first_version_id", sa.Integer(), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("(kind = 'reread') = (reader_id = first_reader_id)", name=op.f("ck_readings_readers")),
        sa.CheckConstraint("(version_id IS NULL) = (finished_at IS NULL)", name=op.f("ck_readings_finished")),
        sa.CheckConstraint("kind IN ('double', 'reread')", name=op.f("ck_readings_kind")),
        sa.CheckConstraint(
            "state IN ('waiting', 'drawn', 'agrees', 'disagrees', 'adjudicated', 'withdrawn')", name=op.f("ck_readings_state")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts.id"], name=op.f("fk_readings_asked_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_readings_case_id")),
        sa.ForeignKeyConstraint(["first_reader_id"], ["accounts.id"], name=op.f("fk_readings_first_reader_id")),
        sa.ForeignKeyConstraint(["first_version_id"], ["region_versions.id"], name=op.f("fk_readings_first_version_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["reading_plans.id"], name=op.f("fk_readings_plan_id")),
        sa.ForeignKeyConstraint(["reader_id"], ["accounts.id"], name=op.f("fk_readings_reader_id")),
        sa.ForeignKeyConstraint(["version_id"], ["region_versions.id"], name=op.f("fk_readings_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
    )
    op.create_index("ix_readings_case_id", "readings", ["case_id"], unique=False)
    op.create_index("ix_readings_reader_id", "readings", ["reader_id", "state", "case_id"], unique=False)
    op.create_index("ix_readings_state", "readings", ["state", "kind", "case_id"], unique=False)
    op.create_table(
        "adjudications",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("take", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("take IN ('first', 'second', 'third')", name=op.f("ck_adjudications_take")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_adjudications_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_adjudications_case_id")),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name=op.f("fk_adjudications_reading_id")),
        sa.ForeignKeyConstraint(["version_id"], ["region_versions.id"], name=op.f("fk_adjudications_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjudications")),
        sa.UniqueConstraint("reading_id", name=op.f("uq_adjudications_reading_id")),
    )
    op.create_index("ix_adjudications_case_id", "adjudications", ["case_id"], unique=False)
