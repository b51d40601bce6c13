"""Hours, money, energy and carbon of so many operations."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """What an hour of a device does and takes.

    Attributes:
        peak_flops: Operations a second at best.
        utilization: The share of these that training reaches.
        inference_utilization: The share that answering reaches.
        price: Money a device and hour.
        watts: Power of a device.
        pue: Power of the whole site over that of its devices.
        co2_per_kwh: Kilograms of CO2 equivalent.
        devices: Working at once.
    """

    peak_flops: float
    utilization: float
    inference_utilization: float
    price: float
    watts: float
    pue: float
    co2_per_kwh: float
    devices: int

    @property
    def weight(self) -> float:
        """What an operation of answering costs in those of training."""
        return self.utilization / self.inference_utilization

    def flops_of_hours(self, hours: float) -> float:
        """Operations of training in so many device hours."""
        return hours * 3600 * self.peak_flops * self.utilization

    def flops_of_money(self, money: float) -> float:
        """Operations of training for so much money."""
        return self.flops_of_hours(money / self.price)


@dataclass(frozen=True)
class Cost:
    """What it takes.

    Attributes:
        gpu_hours: Device hours.
        days: On all devices at once.
        money: In the currency of the price.
        energy_kwh: Of the site.
        co2_kg: CO2 equivalent.
    """

    gpu_hours: float
    days: float
    money: float
    energy_kwh: float
    co2_kg: float


def cost(flops: float, rates: Rates, utilization: float) -> Cost:
    """What so many operations take, at a utilization."""
    hours = flops / (rates.peak_flops * utilization * 3600)
    energy = hours * rates.watts * rates.pue / 1000
    return Cost(
        gpu_hours=hours,
        days=hours / (24 * rates.devices),
        money=hours * rates.price,
        energy_kwh=energy,
        co2_kg=energy * rates.co2_per_kwh,
    )
