"""The course of recall: looking back adds to it and takes nothing away, while a step back begins anew from there."""

from dataclasses import replace

import numpy as np

from nnplayground.engine.probes import Confusion
from nnplayground.gui.views.picture import CONFUSION_REQUEST
from nnplayground.gui.views.recall import RecallCourse
from tests.gui.frames import make_frame, make_history, make_snapshot


def test_looking_back_adds_to_the_course_of_recall():
    course, frame = RecallCourse(), make_frame(make_history(), snapshot=make_snapshot())

    def take(step, right, moment=None):
        reading = Confusion(np.array([[right, 10 - right], [0, 10]]))
        snapshot = replace(frame.snapshot, step=step)
        course.take(replace(frame, snapshot=snapshot, readings={CONFUSION_REQUEST: reading}, moment=moment))

    for step in (10, 20, 30):
        take(step, step // 10)
    take(15, 9, moment=15)
    take(20, 8, moment=20)
    assert course.steps == [10, 15, 20, 30]
    assert [row[0] for row in course.rows] == [0.1, 0.9, 0.8, 0.3]
    take(15, 5)
    assert course.steps == [10, 15]
