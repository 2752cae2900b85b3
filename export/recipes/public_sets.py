"""The licences of the sets, by source, as the cards name them."""

from collections.abc import Mapping

LICENCES: Mapping[str, tuple[str, str]] = {
    "nih": ("NIH ChestX-ray14", "attribution to the NIH Clinical Center"),
    "nih64": ("NIH ChestX-ray14, 64-pixel thumbnails", "attribution to the NIH Clinical Center"),
    "adult_normal": (
        "RSNA pneumonia challenge normals (from NIH), COVID-19 Radiography collection",
        "as the collection, attribution to the NIH Clinical Center",
    ),
    "paediatric": ("Kermany et al. 2018, paediatric chests", "CC BY 4.0"),
    "tuberculosis": ("Shenzhen tuberculosis set, National Library of Medicine", "public, attribution to the NLM"),
    "covid": ("covid-chestxray-dataset", "per picture (CC BY, CC BY-SA, CC BY-NC-SA or not stated); NoDerivatives left out"),
    "fracture": ("FracAtlas", "CC BY 4.0"),
    "cephalogram": ("Hamedan university lateral cephalograms", "open repository"),
    "spine_lateral": ("lateral lumbar spines found on the web", "not stated"),
    "medical_mnist_AbdomenCT": ("Medical MNIST, abdomen CT", "public"),
    "medical_mnist_BreastMRI": ("Medical MNIST, breast MR", "public"),
    "medical_mnist_CXR": ("Medical MNIST, chest radiographs", "public"),
    "medical_mnist_ChestCT": ("Medical MNIST, chest CT", "public"),
    "medical_mnist_Hand": ("Medical MNIST, hands", "public"),
    "medical_mnist_HeadCT": ("Medical MNIST, head CT", "public"),
    "simulated_chest": ("chests drawn by the box's simulator", "Apache-2.0"),
    "drawn_other": ("drawn pictures that are no radiographs", "Apache-2.0"),
}
"""(name, licence) by source."""
