"""The network of `peer_predict.py` behind FastAPI: the peer of `hearth serve`. Run by uvicorn."""

import io

from fastapi import FastAPI, HTTPException, Request

from peer_predict import predict

app = FastAPI()


@app.post("/v1/predict")
async def answer(request: Request, top: int = 3):
    try:
        return {"predictions": [{"file": None, "top": predict(io.BytesIO(await request.body()), top)}]}
    except OSError as error:
        raise HTTPException(422, str(error)) from error
