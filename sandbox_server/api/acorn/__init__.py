"""The ACORN contract: `contracts/marketplace.yaml` over the services. A second contract sits beside this folder."""
