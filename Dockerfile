# The sandbox, with what it needs for many workers over PostgreSQL; `--build-arg EXTRAS=load` brings Locust instead.
FROM python:3.12-slim
ARG EXTRAS=postgres
WORKDIR /sandbox
COPY pyproject.toml README.md LICENSE ./
COPY sandbox_server sandbox_server
COPY contracts contracts
COPY fixtures fixtures
COPY load_tests load_tests
RUN pip install --no-cache-dir ".[${EXTRAS}]"
RUN useradd --create-home acorn && mkdir /data && chown acorn /data
USER acorn
ENV SANDBOX_HOST=0.0.0.0 SANDBOX_PORT=8080 SANDBOX_DATA_DIR=/data
EXPOSE 8080
ENTRYPOINT ["acorn-sandbox"]
CMD ["serve"]
