"""Prompts for things in general: what a label's prompt has to beat to be believed."""

from __future__ import annotations

BACKGROUND_PROMPTS: tuple[str, ...] = tuple(
    f"a photo of a {noun}"
    for noun in (
        "person man woman child face hand crowd dog horse cow sheep bird fish insect snake frog bear lion monkey "
        "tree flower leaf grass forest mountain river beach sky cloud rock sand snow field garden road street "
        "bridge building house tower wall roof floor ceiling door window stairs room kitchen bathroom bedroom "
        "office shop market restaurant church stadium station airport harbour factory farm car bus truck train "
        "bicycle boat ship airplane helicopter tractor wheel engine tool hammer screwdriver knife scissors rope "
        "chain machine robot computer keyboard screen phone camera television speaker lamp clock watch battery "
        "cable box bag bottle glass bowl plate spoon pan oven fridge table chair sofa bed shelf desk cabinet "
        "mirror curtain carpet pillow blanket towel shirt jacket trousers dress shoe hat glove sock glasses ring "
        "necklace umbrella backpack suitcase book newspaper letter pen pencil paper map picture poster sign flag "
        "toy doll ball balloon game instrument guitar piano drum violin food bread cheese meat cake fruit apple "
        "orange vegetable potato salad soup pizza egg milk juice wine candle fire smoke water ice metal wood "
        "plastic fabric leather stone brick pattern texture shadow light night text number diagram drawing"
    ).split()
)
"""About 180 everyday nouns; the recogniser embeds them once and gives them to `set_background`."""
