# The workflow and its environment in one image; docs/howto/deployment.md says how to use it.
FROM python:3.11-slim-bookworm

# The lock is complete: without --no-deps, an unlisted package could slip in.
COPY requirements.lock /opt/tso3flow/requirements.lock
RUN python -m pip install --no-cache-dir --no-deps --requirement /opt/tso3flow/requirements.lock \
    && python -m pip check

COPY Snakefile LICENSE README.md config.yaml /opt/tso3flow/
COPY envs /opt/tso3flow/envs
COPY scripts /opt/tso3flow/scripts
COPY workflow /opt/tso3flow/workflow
# Snakemake looks for the default profile next to the Snakefile.
COPY workflow/profiles /opt/tso3flow/profiles
# Or each job would compile the modules that it imports, a tenth of the time of a visit. Compared by
# content, as the times of files may change when an image is converted.
RUN python -m compileall -q --invalidation-mode checked-hash /opt/tso3flow/scripts

# For users without a home in the image, as of `docker run --user`; Snakemake asks for their name.
ENV HOME=/tmp USER=tso3flow XDG_CACHE_HOME=/tmp/cache \
    PYTHONPATH=/opt/tso3flow PYTHONDONTWRITEBYTECODE=1

USER nobody
WORKDIR /work
ENTRYPOINT ["snakemake", "--snakefile", "/opt/tso3flow/Snakefile"]
CMD ["--help"]
