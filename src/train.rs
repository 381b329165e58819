//! Training: folders of notes become a dataset, and the dataset a model. Runs in the companion only.
