"""Prints single steps of Gymnasium's classic control, with every digit, for tests/gymnasium.rs.

Each line: environment, state before, action, state after, reward, terminated (0 or 1). A part of the states lies
near the limits. Exits with 3 where Gymnasium is not installed.
"""

import math
import random
import sys

try:
    import gymnasium
    import numpy as np
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(3)

STEPS = 1000
ANGLE = 12 * 2 * math.pi / 360

# Environment, number of discrete actions (0: a torque), and the limits of each number of the state.
ENVIRONMENTS = [
    ("CartPole-v1", 2, [2.4, 3.0, ANGLE, 3.0]),
    ("MountainCar-v0", 3, [(-1.2, 0.6), 0.07]),
    ("Acrobot-v1", 3, [math.pi, math.pi, 4 * math.pi, 9 * math.pi]),
    ("Pendulum-v1", 0, [3 * math.pi, 8.0]),
]
# Where a step may end an episode: the mountain car's goal, the acrobot upright.
SPECIAL = {"MountainCar-v0": [0.5, 0.0], "Acrobot-v1": [2 * math.pi / 3, 0.0, 0.0, 0.0]}


def state_between(limits, draws):
    """A state within the limits, with each number near one of its limits once in four times."""
    state = []
    for limit in limits:
        low, high = limit if isinstance(limit, tuple) else (-limit, limit)
        width = (high - low) / 50 if draws.random() < 0.25 else high - low
        state.append(draws.choice([low + draws.random() * width, high - draws.random() * width]))
    return state


def main():
    draws = random.Random(0)
    for name, actions, limits in ENVIRONMENTS:
        environment = gymnasium.make(name).unwrapped
        environment.reset(seed=0)
        for step in range(STEPS):
            state = state_between(limits, draws)
            if step % 4 == 0 and name in SPECIAL:
                state = [value + draws.gauss(0.0, 0.05) for value in SPECIAL[name]]
            if name == "MountainCar-v0":
                low, high = environment.min_position, environment.max_position
                state[0] = min(max(state[0], low), high)
                state[1] = min(max(state[1], -0.07), 0.07)
            environment.state = np.array(state, dtype=np.float64)
            if name == "CartPole-v1":
                environment.steps_beyond_terminated = None
            if actions:
                action = given = draws.randrange(actions)
            else:
                # A value of 32 bits, as an agent gives it, and a part beyond the limits.
                action = float(np.float32(draws.uniform(-3.0, 3.0)))
                given = np.array([action], dtype=np.float64)
            _, reward, terminated, _, _ = environment.step(given)
            after = [float(value) for value in environment.state]
            values = [*state, action, *after, float(reward), int(terminated)]
            print(name, *map(repr, values))


main()
