from __future__ import annotations

import pytest

from ipyimagegen.core import errors
from ipyimagegen.services.speedpix.answers import Task
from ipyimagegen.services.speedpix.api import Api
from ipyimagegen.services.speedpix.errors import TWINS, PredictionError, SpeedPixException, documented, kind_of
from ipyimagegen.services.speedpix.predictions import Prediction

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ServiceError)]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not errors.ServiceError])
def test_every_service_error_has_a_documented_twin(kind: type[errors.ServiceError]) -> None:
    made = documented(kind("text", service="speedpix", status=418, detail="d", request_id="r"), code="CODE")
    assert isinstance(made, kind)
    assert (418, "CODE", "d", "r") == (made.status_code, made.error_code, made.detail, made.request_id)


def test_the_twins_are_all_there_is() -> None:
    assert set(TWINS) == set(KINDS) - {errors.ServiceError}


def test_a_rate_limit_keeps_its_time() -> None:
    made = documented(errors.RateLimited("full", retry_after_s=3.0))
    assert isinstance(made, errors.RateLimited)
    assert made.retry_after_s == 3.0


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("WORKFLOW_NOT_FOUND", errors.NotFound),
        ("InvalidSignature", errors.AuthenticationFailed),
        ("NO_PERMISSION", errors.NotPermitted),
        ("INSUFFICIENT_BALANCE", errors.InsufficientCredits),
        ("Throttling.User", errors.RateLimited),
        ("INVALID_PARAMETER", errors.BadRequest),
        ("", errors.BadRequest),
    ],
)
def test_codes_have_a_meaning(code: str, kind: type[errors.ServiceError]) -> None:
    assert kind_of(code) is kind


def test_a_prediction_error_is_a_failed_job_with_its_prediction() -> None:
    task = Task(id="t", phase="failed", error="out of memory", error_code="OOM", invoke_id="i")
    prediction = Prediction(task, Api.__new__(Api))
    error = PredictionError(prediction)
    assert isinstance(error, SpeedPixException)
    assert isinstance(error, errors.JobFailed)
    assert ("out of memory", "t", "OOM", "i") == (str(error), error.job_id, error.error_code, error.request_id)
    assert error.prediction is prediction


def test_a_prediction_error_can_be_made_from_a_text() -> None:
    error = PredictionError("failed")
    assert ("failed", None) == (str(error), error.prediction)
