"""What an upstream's rate is: SOFR, the Treasury curve, exchange rates."""
