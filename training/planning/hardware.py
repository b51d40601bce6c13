"""Accelerators: peak rates, memory and power, from their data sheets.

Checked against copies of the data sheets that resellers and others publish, not against the makers'
own files.
"""

from typing import NamedTuple


class Gpu(NamedTuple):
    """An accelerator.

    Attributes:
        peak_flops: Of dense matrices in bf16, with sums in fp32, a second; without sparsity, by
            which data sheets often double it.
        memory: Bytes.
        watts: Largest power of the board.
        source: Where this is from.
    """

    peak_flops: float
    memory: float
    watts: float
    source: str


GPUS = {
    "h100": Gpu(989.4e12, 80e9, 700, "NVIDIA H100 Tensor Core GPU Architecture, H100 SXM5"),
    "h100-pcie": Gpu(756e12, 80e9, 350, "NVIDIA H100 Tensor Core GPU Architecture, H100 PCIe"),
    "h200": Gpu(
        989.4e12,
        141e9,
        700,
        "NVIDIA H200 data sheet, SXM (half of its 1,979 TFLOPS, which are sparse)",
    ),
    "b200": Gpu(2250e12, 180e9, 1000, "NVIDIA HGX B200 data sheet, a GPU: 1/8 of the board"),
    "a100": Gpu(312e12, 80e9, 400, "NVIDIA A100 data sheet, 80 GB SXM, dense"),
    "l40s": Gpu(362.05e12, 48e9, 350, "NVIDIA L40S data sheet, dense"),
    "rtx4090": Gpu(165.2e12, 24e9, 450, "NVIDIA Ada GPU Architecture, appendix A, sums in fp32"),
    "mi250x": Gpu(383e12, 128e9, 560, "AMD Instinct MI250X data sheet, both dies, peak power"),
    "mi300x": Gpu(1307.4e12, 192e9, 750, "AMD Instinct MI300X data sheet, dense"),
}
