"""Plays the VST3 bundle in pedalboard (a JUCE host): what a note sounds like, and that two renders are the same."""

import sys

import numpy
import pedalboard

RATE = 48_000.0
SECONDS = 2.0
NOTE_ON, NOTE_OFF = (bytes([0x90, 60, 100]), 0.1), (bytes([0x80, 60, 64]), 1.0)


def load(path):
    """A fresh instance and its parameters by name.

    `plugin.parameters` would print every value of every parameter, 130 MIDI controllers on 16 channels among them, and
    take a minute; the raw list (of the pinned version) does not.
    """
    plugin = pedalboard.load_plugin(path)
    return plugin, {parameter.name: parameter for parameter in plugin._parameters}


def render(plugin):
    """One note; samples of shape [channels, samples]."""
    return plugin([NOTE_ON, NOTE_OFF], duration=SECONDS, sample_rate=RATE, num_channels=2, buffer_size=512)


def check(condition, message):
    if not condition:
        sys.exit(f"pedalboard: {message}")


def main(path):
    plugin, parameters = load(path)
    check(plugin.is_instrument, "the plugin is not seen as an instrument")
    wanted = {f"Latent {number}" for number in range(1, 17)} | {"Attack", "Gain", "Bypass"}
    check(wanted <= parameters.keys(), f"parameters are missing: {sorted(wanted - parameters.keys())}")
    first = render(plugin)
    check(first.shape == (2, int(RATE * SECONDS)), f"the render has shape {first.shape}")
    check(numpy.isfinite(first).all(), "the render is not finite")
    before = numpy.abs(first[:, : int(0.09 * RATE)]).max()
    peak = numpy.abs(first).max()
    check(before == 0.0, f"something sounds before the note: {before}")
    check(0.01 < peak < 1.0, f"the note's peak is {peak}")

    plugin, parameters = load(path)
    check(numpy.array_equal(first, render(plugin)), "two renders differ")

    parameters["Latent 1"].raw_value = 1.0
    other = render(plugin)
    check(numpy.isfinite(other).all(), "with latent 1 at its end the render is not finite")
    check(not numpy.array_equal(first, other), "latent 1 changes nothing")
    print(f"pedalboard: {len(parameters)} parameters, peak {peak:.3f}, two renders bit-identical, latent 1 is heard")


main(sys.argv[1])
