"""Judges formulas on traces with rtamt: JSON in, JSON out.

In:  {"formulas": ["once[0:3](p > 0)", ...], "traces": [{"p": [1, -1, ...], "q": [...]}, ...]}
Out: [[[true, false, ...] for each trace] for each formula]
"""

import json
import sys

import rtamt


def judged(formula, trace):
    specification = rtamt.StlDiscreteTimeSpecification()
    specification.declare_var("p", "float")
    specification.declare_var("q", "float")
    specification.spec = formula
    specification.parse()
    times = list(range(len(trace["p"])))
    return [value > 0 for _, value in specification.evaluate({"time": times, **trace})]


asked = json.load(sys.stdin)
json.dump([[judged(formula, trace) for trace in asked["traces"]] for formula in asked["formulas"]], sys.stdout)
