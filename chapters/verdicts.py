"""What is usually told about these agents; ``claims.ipynb`` shows it beside the claims that decide."""

from pathlib import Path

import pandas as pd

# what is told: the verdict, and the label of the claim that decides it
USUALLY_TOLD: dict[str, tuple[str, str]] = {
    told: (verdict, claim)
    for told, verdict, claim in pd.read_csv(Path(__file__).parent / "data" / "usually_told.csv").itertuples(index=False)
}
