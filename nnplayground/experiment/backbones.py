"""Networks of torchvision's that look at images before one's own network does: their knobs, and what they give."""

from __future__ import annotations

from typing import Annotated, Literal

from nnplayground.experiment.knob import Knob

BackboneName = Literal["none", "resnet18", "mobilenet_v3_small", "efficientnet_b0"]

FEATURES = {"none": 0, "resnet18": 512, "mobilenet_v3_small": 576, "efficientnet_b0": 1280}
"""How many numbers each gives of an image, in the place of its pixels."""

LEARNED, DRAWN = "imagenet", "random"
"""What weights are called that are no file: torchvision's own, and such as were never trained."""

Backbone = Annotated[
    BackboneName,
    Knob(
        label="features by",
        help="A large network, trained before, that turns each image into features, which the network is given in the "
        "place of pixels. It is frozen, and looks at each image once. Needs the extra vision (torchvision).",
        rule="For few photographs: with what was learned from a million others, one layer is often enough.",
        names={
            "none": "none: pixels",
            "resnet18": "ResNet-18 (512)",
            "mobilenet_v3_small": "MobileNet v3 small (576)",
            "efficientnet_b0": "EfficientNet-B0 (1280)",
        },
    ),
]
BackboneWeights = Annotated[
    str,
    Knob(
        label="its weights",
        help="What the large network knows: imagenet for torchvision's own weights, fetched once; random for such as "
        "were never trained; or a .pth or .safetensors file of the same network. Nothing but tensors is read of it.",
        rule="Compare imagenet with random: the difference is what was learned before.",
        file="*.pth *.safetensors",
    ),
]
SeenAt = Annotated[
    int,
    Knob(
        label="seen at",
        help="The shorter side in pixels that images are brought to before the large network looks at them.",
        rule="224, as those networks were trained; 128 takes a third of the time.",
        low=32,
        high=256,
        log=True,
        unit="px",
    ),
]
