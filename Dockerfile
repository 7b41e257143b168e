# tfcheck in an image. `docker run --rm -i IMAGE - < plan.json` checks a plan; it needs no network.
FROM python:3.13-alpine AS build
COPY . /src
RUN pip install --no-cache-dir --prefix=/install --only-binary :all: --require-hashes -r /src/requirements/action.txt \
    && PYTHONPATH=/install/lib/python3.13/site-packages \
       pip install --no-cache-dir --prefix=/install --no-deps --no-build-isolation /src

FROM python:3.13-alpine
COPY --from=build /install /usr/local
RUN adduser -D -u 10001 tfcheck
USER tfcheck
WORKDIR /plan
ENTRYPOINT ["tfcheck"]
