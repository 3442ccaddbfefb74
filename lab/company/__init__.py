"""Hanamichi, a made-up company with a web shop: what its two AWS accounts hold.

One module per area of the account. Every resource is made by a function that also says which verdict it should get,
next to the line that makes it so; verdicts are written only where AWS's text of the control leaves no doubt.
"""
