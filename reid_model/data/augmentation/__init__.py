"""How training crops are varied: what is drawn for each, and how it is carried out."""
