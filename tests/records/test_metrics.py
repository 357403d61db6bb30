"""metrics.csv: one row an epoch, exact numbers, always whole."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from geodl.records.metrics import EpochMetricsLogger


def read(path):
    return pd.read_csv(path, index_col="epoch")


def test_calls_of_one_epoch_share_a_row(tmp_path):
    logger = EpochMetricsLogger(tmp_path / "metrics.csv")
    logger.log_metrics({"epoch": 1, "test/loss": 0.5}, step=10)
    logger.log_metrics({"epoch": 1.0, "geometry/lss": 1.25}, step=10)
    logger.log_metrics({"epoch": 0, "geometry/lss": 2.5}, step=0)
    frame = read(logger.path)
    assert frame.index.tolist() == [0, 1]
    assert frame.loc[1, ["test/loss", "geometry/lss"]].tolist() == [0.5, 1.25]


def test_a_column_that_appears_late_is_empty_before(tmp_path):
    logger = EpochMetricsLogger(tmp_path / "metrics.csv")
    logger.log_metrics({"epoch": 0, "a": 1.0})
    logger.log_metrics({"epoch": 1, "a": 1.0, "b": 2.0})
    assert logger.path.read_text() == "epoch,a,b\n0,1,\n1,1,2\n"


def test_nan_and_not_measured_are_different(tmp_path):
    logger = EpochMetricsLogger(tmp_path / "metrics.csv")
    logger.log_metrics({"epoch": 0, "a": math.nan, "b": math.inf})
    logger.log_metrics({"epoch": 1, "b": -math.inf})
    assert logger.path.read_text() == "epoch,a,b\n0,nan,inf\n1,,-inf\n"


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-300, 2**53 + 2.0, -0.0, 123456789.123456789])
def test_numbers_come_back_bit_for_bit(tmp_path, value):
    logger = EpochMetricsLogger(tmp_path / "metrics.csv")
    logger.log_metrics({"epoch": 0, "a": value})
    assert read(logger.path).loc[0, "a"] == value


def test_a_metric_without_an_epoch_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a value for 'epoch'"):
        EpochMetricsLogger(tmp_path / "metrics.csv").log_metrics({"a": 1.0})
