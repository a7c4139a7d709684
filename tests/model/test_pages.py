"""How groups and networks show themselves in a notebook."""

from rheobase import Network, NeuronGroup, Synapses, ms


def test_groups_synapses_and_networks_have_pages():
    tau = 10 * ms  # noqa: F841
    G = NeuronGroup(
        3,
        "dv/dt = -v/tau : 1\nx : 1",
        threshold="v > 1 and x < 2",
        reset="v = 0\nx += 1",
        name="cells",
    )
    page = G._repr_html_()
    assert "<b>3 neurons</b> 'cells'" in page
    assert r"\frac{\mathrm{d}v}{\mathrm{d}t}" in page
    assert "<b>threshold</b>: <code>v &gt; 1 and x &lt; 2</code>" in page
    assert "<code>v = 0<br/>x += 1</code>" in page

    S = Synapses(G, G, "w : 1", on_pre={"fast": "v_post += w"}, on_post="w *= 0.9", name="links")
    S.connect(j="i")
    page = S._repr_html_()
    assert "<b>3 synapses</b> 'links' from 'cells' to 'cells'" in page
    assert "<b>fast</b>: <code>v_post += w</code>" in page
    assert "<b>post</b>: <code>w *= 0.9</code>" in page

    page = Network(G, S, name="net")._repr_html_()
    assert page.startswith("<b>Network</b> 'net'<table>")
    assert "<td>links</td><td>Synapses</td>" in page
