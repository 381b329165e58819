"""Plays the VST3 bundle in pedalboard (a JUCE host): what a note sounds like, and that two renders are the same."""

import sys

import numpy
import pedalboard

RATE = 48_000.0
SECONDS = 2.0
NOTE_ON, NOTE_OFF = (bytes([0x90, 60, 100]), 0.1), (bytes([0x80, 60, 64]), 1.0)


def render(path, **parameters):
    """A fresh instance plays one note; returns the samples, shape [channels, samples]."""
    plugin = pedalboard.load_plugin(path)
    for name, value in parameters.items():
        setattr(plugin, name, value)
    return plugin, plugin([NOTE_ON, NOTE_OFF], duration=SECONDS, sample_rate=RATE, num_channels=2, buffer_size=512)


def check(condition, message):
    if not condition:
        sys.exit(f"pedalboard: {message}")


def main(path):
    plugin, first = render(path)
    check(plugin.is_instrument, "the plugin is not seen as an instrument")
    names = list(plugin.parameters)
    check({"latent_1", "latent_16", "attack", "gain", "bypass"} <= set(names), f"parameters are missing: {names}")
    check(first.shape == (2, int(RATE * SECONDS)), f"the render has shape {first.shape}")
    check(numpy.isfinite(first).all(), "the render is not finite")
    before = numpy.abs(first[:, : int(0.09 * RATE)]).max()
    peak = numpy.abs(first).max()
    check(before == 0.0, f"something sounds before the note: {before}")
    check(0.01 < peak < 1.0, f"the note's peak is {peak}")

    _, second = render(path)
    check(numpy.array_equal(first, second), "two renders differ")

    _, other = render(path, latent_1=plugin.parameters["latent_1"].max_value)
    check(not numpy.array_equal(first, other), "latent 1 changes nothing")
    check(numpy.isfinite(other).all(), "with latent 1 at its end the render is not finite")
    print(f"pedalboard: {len(names)} parameters, peak {peak:.3f}, two renders bit-identical, latent 1 is heard")


main(sys.argv[1])
