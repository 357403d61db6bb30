from __future__ import annotations

import subprocess
import sys

import numpy as np

from geodl.compiled import compiled


def test_a_compiled_function_is_the_function():
    @compiled("reassoc", "nnan")
    def dot(a, b):
        total = 0.0
        for i in range(len(a)):
            total += a[i] * b[i]
        return total

    a, b = np.arange(5.0), np.ones(5)
    assert dot(a, b) == 10.0
    assert dot.__name__ == "dot"


def test_without_a_place_for_machine_code_it_compiles_anew(tmp_path):
    (tmp_path / "loops.py").write_text(
        "from geodl.compiled import compiled\n\n\n@compiled()\ndef twice(x):\n    return 2.0 * x\n"
    )
    # A module without a file stands for a package and a home folder that cannot be written (root writes everywhere).
    code = (
        "source = open('loops.py').read(); names = {'__name__': 'loops'}\n"
        "exec(compile(source, '/nowhere/loops.py', 'exec'), names)\n"
        "print(names['twice'](4.0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )
    assert done.stdout.strip() == "8.0", done.stderr
