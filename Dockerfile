# The one image for every worker, on Dataflow, Flink or Spark:
#   docker build -t REGISTRY/curate . && docker push REGISTRY/curate
#   curate run CONFIG --until shards -- --runner=DataflowRunner --sdk_container_image=REGISTRY/curate …
# Build tools stay in the first stage; launcher and workers run the same versions.
FROM python:3.11-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY pyproject.toml setup.py constraints.txt README.md ./
COPY pipeline pipeline
COPY classifiers classifiers
COPY tokenizer tokenizer
COPY training training
RUN python -m venv /opt/curate && /opt/curate/bin/pip install --no-cache-dir -c constraints.txt '.[gcp,s3]'

FROM apache/beam_python3.11_sdk:2.77.0 AS beam

FROM python:3.11-slim
# LightGBM's OpenMP.
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
COPY --from=beam /opt/apache/beam /opt/apache/beam
COPY --from=build /opt/curate /opt/curate
ENV PATH=/opt/curate/bin:$PATH
# The image's own entry point starts Beam's worker; `docker run --entrypoint curate` the command.
ENTRYPOINT ["/opt/apache/beam/boot"]
