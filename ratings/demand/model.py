"""The forecast of one series of days: Poisson regression on the calendar (statsmodels), set to the level of the last weeks. Pure.

Dense series have a course of their own; thin ones take the course of what they are a part of, at their own level: from one filing in a
fortnight no weekday can be learnt. Beside each forecast stands the naive one: the same weekday of the last known week.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from ratings.demand.calendar import FEATURES, features

VERSION = "poisson-1"
DAYS = 28
LONGEST = 3 * 365
"""Days of history that are looked at."""
DENSE = 120
"""Filings of a year from which a series has a course of its own."""
LEAST = 6
"""Fewer filings of a year are not forecast by themselves."""
HALF_LIFE = 240.0
"""Days after which a day counts half."""
RECENT, PRIOR = 84, 15.0
"""The level is that of so many last days, drawn towards the long run by so many filings."""
TREND_FROM = 500
_OFTEN = 6
"""A column is learnt from so many days at least; else the day counts as an ordinary one of its weekday."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """How demand goes over history and the days to come, relative to its level."""

    fitted: Floats
    ahead: Floats
    spread: float
    """Variance divided by the mean; 1: that of chance alone."""


@dataclass(frozen=True)
class Forecast:
    """Four weeks."""

    expected: list[float]
    low: list[float]
    high: list[float]
    naive: list[float]


def _columns(first: date, number: int) -> Floats:
    return np.array([features(first + timedelta(days=at)) for at in range(number)], dtype=float)


def course(series: Floats, first: date) -> Course:
    """Fit a dense series that begins on a day, and go on for four weeks."""
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    number = len(series)
    columns = _columns(first, number + DAYS)
    known = columns[:number]
    learnt = [at for at in range(len(FEATURES)) if known[:, at].sum() >= _OFTEN and (number - known[:, at].sum()) >= _OFTEN]
    # Days off are few and all the same: nobody comes. Two of them teach it.
    learnt += [at for at in (FEATURES.index("off"),) if at not in learnt and known[:, at].sum() >= 2]
    design = np.column_stack([np.ones(number + DAYS), columns[:, learnt]])
    weights = 0.5 ** ((number - 1 - np.arange(number)) / HALF_LIFE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # A little everywhere keeps days on which nothing ever came from drawing the rest along.
        result = GLM(series + 0.02, design[:number], family=Poisson(), var_weights=weights).fit(maxiter=50)
    every = np.clip(np.exp(np.clip(design @ result.params, -20, 20)), 1e-6, None)
    fitted, ahead = every[:number], every[number:]
    free = max(number - design.shape[1], 1)
    spread = float(np.sum((series - fitted) ** 2 / np.maximum(fitted, 0.05)) / free)
    return Course(fitted, ahead, max(1.0, min(spread, 20.0)))


def level_of(series: Floats, of: Course) -> float:
    """How a series of the last weeks stands to a course, drawn towards how it stood in the long run."""
    whole = (float(series.sum()) + 0.1) / (float(of.fitted[-len(series) :].sum()) + 0.1)
    recent = series[-RECENT:]
    expected = float(of.fitted[-len(recent) :].sum()) * whole
    return whole * float(np.clip((float(recent.sum()) + PRIOR) / (expected + PRIOR), 0.3, 3.0))


def forecast(series: Floats, of: Course) -> Forecast:
    """Four weeks of a series by a course; eight of ten days lie within low and high."""
    expected = of.ahead * level_of(series, of)
    # What is a part of something spreads less than the whole, never less than chance.
    low, high = _range(expected, of.spread)
    last = series[-7:] if len(series) >= 7 else np.resize(series, 7)
    naive = [float(last[at % 7]) for at in range(DAYS)]
    return Forecast([round(float(one), 3) for one in expected], low, high, naive)


def _range(expected: Floats, spread: float) -> tuple[list[float], list[float]]:
    from scipy.stats import nbinom, poisson

    if spread > 1.05:
        size = expected / (spread - 1)
        low, high = nbinom.ppf(0.1, size, 1 / spread), nbinom.ppf(0.9, size, 1 / spread)
    else:
        low, high = poisson.ppf(0.1, expected), poisson.ppf(0.9, expected)
    return [float(one) for one in np.nan_to_num(low)], [float(one) for one in np.nan_to_num(high)]


def squared_errors(said: Sequence[float], came: Sequence[float]) -> float:
    """The sum over the days of the squared difference."""
    return float(sum((one - other) ** 2 for one, other in zip(said, came, strict=True)))
