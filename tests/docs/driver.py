"""Runs geodl's commands in forks of one process that has imported what they need, which takes most of their time."""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback

from geodl.cli import report, rescore, score, train

for module in ("geodl.training", "geodl.scoring", "geodl.report.build", "geodl.rescoring", "torchvision"):
    importlib.import_module(module)  # for the forks
MAINS = {"train": train.main, "score": score.main, "report": report.main, "rescore": rescore.main}


def run(job: dict[str, object]) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code: object = 1
    try:
        with open(str(job["log"]), "w") as log, open(os.devnull) as nothing:  # noqa: PTH123 - descriptors are wanted
            for number, file in ((0, nothing), (1, log), (2, log)):
                os.dup2(file.fileno(), number)
        os.chdir(str(job["folder"]))
        os.environ["GEODL_ROOT"] = str(job["folder"])
        script, *sys.argv[1:] = job["command"]  # type: ignore[misc]  # a list of words
        sys.argv[0] = script
        code = MAINS[script]()
    except SystemExit as error:
        code = error.code
    except BaseException:  # noqa: BLE001 - a fork must end here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    for line in sys.stdin:
        print(run(json.loads(line)), flush=True)  # noqa: T201 - this is the answer
