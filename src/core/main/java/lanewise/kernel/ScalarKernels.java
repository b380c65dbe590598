package lanewise.kernel;

/**
 * The reference: plain loops that the contract can be read from, and the kernels of a JVM without the Vector API.
 *
 * <p>Sums of sixteen neighbouring outputs are held in sixteen locals, because the JIT compiler does not keep array
 * elements in registers that another array might alias: a dense 784 × 128 layer takes a quarter of the time. The loops
 * over weights call {@code Math.fma} itself, for the sake of the interpreter, which would take a call of {@link Fma#of}
 * for a call; {@link SoftwareFmaKernels} has them for a CPU without that instruction.
 */
public class ScalarKernels extends Kernels {

    @Override
    public int width() {
        return 0;
    }

    @Override
    public void unpack(byte[] src, int so, int n, float scale, float[] y, int yo) {
        for (int i = 0; i < n; i++) y[yo + i] = (src[so + i] & 0xff) * scale;
    }

    @Override
    public int nonZeros(float[] x, int xo, int n, int[] positions, int po) {
        return nonZerosFrom(0, x, xo, n, positions, po);
    }

    /** {@link #nonZeros} from element {@code first} on. */
    static int nonZerosFrom(int first, float[] x, int xo, int n, int[] positions, int po) {
        int count = 0;
        for (int i = first; i < n; i++) {
            positions[po + count] = i;
            // 1 for every bit pattern but those of +0.0 and −0.0, without a branch to mispredict
            int bits = Float.floatToRawIntBits(x[xo + i]) << 1;
            count += (bits | -bits) >>> 31;
        }
        return count;
    }

    @Override
    public int copyNonZeros(float[] x, int xo, int n, float[] y, int yo, int[] positions, int po) {
        System.arraycopy(x, xo, y, yo, n);
        return nonZeros(y, yo, n, positions, po);
    }

    @Override
    public int nonZerosOfRows(float[] x, int xo, int xs, int n, int[] positions, int po) {
        return nonZerosOfRowsFrom(0, x, xo, xs, n, positions, po);
    }

    /** {@link #nonZerosOfRows} from element {@code first} of each row on. */
    static int nonZerosOfRowsFrom(int first, float[] x, int xo, int xs, int n, int[] positions, int po) {
        int count = 0;
        for (int i = first; i < n; i++) {
            positions[po + count] = i;
            int bits = 0;
            for (int r = 0, at = xo + i; r < ROWS; r++, at += xs) bits |= Float.floatToRawIntBits(x[at]) << 1;
            count += (bits | -bits) >>> 31;
        }
        return count;
    }

    /** Row by row. */
    @Override
    public void gemm(
            float[] x,
            int xo,
            int xs,
            int inputs,
            int[] positions,
            int po,
            int count,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo,
            int ys) {
        for (int r = 0; r < ROWS; r++, xo += xs, yo += ys)
            if (positions == null) gemv(x, xo, inputs, w, wo, stride, bias, bo, y, yo);
            else gemv(x, xo, inputs, positions, po, count, w, wo, stride, bias, bo, y, yo);
    }

    @Override
    public void gemv(
            float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo) {
        int segments = partialSums(stride);
        int length = inputs / segments;
        for (int o = 0; o < stride; o += BLOCK) {
            block(x, xo, 0, segments == 1 ? inputs : length, w, wo + o, stride, bias, bo + o, ZEROS, 0, y, yo + o);
            for (int s = 1; s < segments; s++) {
                int to = s == segments - 1 ? inputs : (s + 1) * length;
                block(x, xo, s * length, to, w, wo + o, stride, ZEROS, 0, y, yo + o, y, yo + o);
            }
        }
    }

    /** y = base + (start + Σ x[i] W[i,:]) over the inputs from … to − 1 and one block of outputs. */
    private static void block(
            float[] x,
            int xo,
            int from,
            int to,
            float[] w,
            int wo,
            int stride,
            float[] start,
            int so,
            float[] base,
            int bo,
            float[] y,
            int yo) {
        float s0 = start[so];
        float s1 = start[so + 1];
        float s2 = start[so + 2];
        float s3 = start[so + 3];
        float s4 = start[so + 4];
        float s5 = start[so + 5];
        float s6 = start[so + 6];
        float s7 = start[so + 7];
        float s8 = start[so + 8];
        float s9 = start[so + 9];
        float s10 = start[so + 10];
        float s11 = start[so + 11];
        float s12 = start[so + 12];
        float s13 = start[so + 13];
        float s14 = start[so + 14];
        float s15 = start[so + 15];
        for (int i = from; i < to; i++) {
            float v = x[xo + i];
            int r = wo + i * stride;
            s0 = Math.fma(v, w[r], s0);
            s1 = Math.fma(v, w[r + 1], s1);
            s2 = Math.fma(v, w[r + 2], s2);
            s3 = Math.fma(v, w[r + 3], s3);
            s4 = Math.fma(v, w[r + 4], s4);
            s5 = Math.fma(v, w[r + 5], s5);
            s6 = Math.fma(v, w[r + 6], s6);
            s7 = Math.fma(v, w[r + 7], s7);
            s8 = Math.fma(v, w[r + 8], s8);
            s9 = Math.fma(v, w[r + 9], s9);
            s10 = Math.fma(v, w[r + 10], s10);
            s11 = Math.fma(v, w[r + 11], s11);
            s12 = Math.fma(v, w[r + 12], s12);
            s13 = Math.fma(v, w[r + 13], s13);
            s14 = Math.fma(v, w[r + 14], s14);
            s15 = Math.fma(v, w[r + 15], s15);
        }
        y[yo] = base[bo] + s0;
        y[yo + 1] = base[bo + 1] + s1;
        y[yo + 2] = base[bo + 2] + s2;
        y[yo + 3] = base[bo + 3] + s3;
        y[yo + 4] = base[bo + 4] + s4;
        y[yo + 5] = base[bo + 5] + s5;
        y[yo + 6] = base[bo + 6] + s6;
        y[yo + 7] = base[bo + 7] + s7;
        y[yo + 8] = base[bo + 8] + s8;
        y[yo + 9] = base[bo + 9] + s9;
        y[yo + 10] = base[bo + 10] + s10;
        y[yo + 11] = base[bo + 11] + s11;
        y[yo + 12] = base[bo + 12] + s12;
        y[yo + 13] = base[bo + 13] + s13;
        y[yo + 14] = base[bo + 14] + s14;
        y[yo + 15] = base[bo + 15] + s15;
    }

    @Override
    public void gemv(
            float[] x,
            int xo,
            int inputs,
            int[] positions,
            int po,
            int count,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo) {
        int segments = partialSums(stride);
        int length = inputs / segments;
        for (int s = 0, k = 0; s < segments; s++) {
            int end = s == segments - 1 ? count : segmentEnd(positions, po, k, count, (s + 1) * length);
            for (int o = 0; o < stride; o += BLOCK) {
                if (s == 0)
                    block(x, xo, positions, po + k, po + end, w, wo + o, stride, bias, bo + o, ZEROS, 0, y, yo + o);
                else block(x, xo, positions, po + k, po + end, w, wo + o, stride, ZEROS, 0, y, yo + o, y, yo + o);
            }
            k = end;
        }
    }

    private static void block(
            float[] x,
            int xo,
            int[] positions,
            int from,
            int to,
            float[] w,
            int wo,
            int stride,
            float[] start,
            int so,
            float[] base,
            int bo,
            float[] y,
            int yo) {
        float s0 = start[so];
        float s1 = start[so + 1];
        float s2 = start[so + 2];
        float s3 = start[so + 3];
        float s4 = start[so + 4];
        float s5 = start[so + 5];
        float s6 = start[so + 6];
        float s7 = start[so + 7];
        float s8 = start[so + 8];
        float s9 = start[so + 9];
        float s10 = start[so + 10];
        float s11 = start[so + 11];
        float s12 = start[so + 12];
        float s13 = start[so + 13];
        float s14 = start[so + 14];
        float s15 = start[so + 15];
        for (int k = from; k < to; k++) {
            int i = positions[k];
            float v = x[xo + i];
            int r = wo + i * stride;
            s0 = Math.fma(v, w[r], s0);
            s1 = Math.fma(v, w[r + 1], s1);
            s2 = Math.fma(v, w[r + 2], s2);
            s3 = Math.fma(v, w[r + 3], s3);
            s4 = Math.fma(v, w[r + 4], s4);
            s5 = Math.fma(v, w[r + 5], s5);
            s6 = Math.fma(v, w[r + 6], s6);
            s7 = Math.fma(v, w[r + 7], s7);
            s8 = Math.fma(v, w[r + 8], s8);
            s9 = Math.fma(v, w[r + 9], s9);
            s10 = Math.fma(v, w[r + 10], s10);
            s11 = Math.fma(v, w[r + 11], s11);
            s12 = Math.fma(v, w[r + 12], s12);
            s13 = Math.fma(v, w[r + 13], s13);
            s14 = Math.fma(v, w[r + 14], s14);
            s15 = Math.fma(v, w[r + 15], s15);
        }
        y[yo] = base[bo] + s0;
        y[yo + 1] = base[bo + 1] + s1;
        y[yo + 2] = base[bo + 2] + s2;
        y[yo + 3] = base[bo + 3] + s3;
        y[yo + 4] = base[bo + 4] + s4;
        y[yo + 5] = base[bo + 5] + s5;
        y[yo + 6] = base[bo + 6] + s6;
        y[yo + 7] = base[bo + 7] + s7;
        y[yo + 8] = base[bo + 8] + s8;
        y[yo + 9] = base[bo + 9] + s9;
        y[yo + 10] = base[bo + 10] + s10;
        y[yo + 11] = base[bo + 11] + s11;
        y[yo + 12] = base[bo + 12] + s12;
        y[yo + 13] = base[bo + 13] + s13;
        y[yo + 14] = base[bo + 14] + s14;
        y[yo + 15] = base[bo + 15] + s15;
    }

    @Override
    public void gemvTransposed(float[] w, int wo, int stride, int inputs, float[] dy, int dyo, float[] dx, int dxo) {
        for (int i = 0; i < inputs; i++) {
            float s0 = 0f, s1 = 0f, s2 = 0f, s3 = 0f, s4 = 0f, s5 = 0f, s6 = 0f, s7 = 0f;
            float s8 = 0f, s9 = 0f, s10 = 0f, s11 = 0f, s12 = 0f, s13 = 0f, s14 = 0f, s15 = 0f;
            for (int o = 0, r = wo + i * stride, d = dyo; o < stride; o += BLOCK, r += BLOCK, d += BLOCK) {
                s0 = Math.fma(w[r], dy[d], s0);
                s1 = Math.fma(w[r + 1], dy[d + 1], s1);
                s2 = Math.fma(w[r + 2], dy[d + 2], s2);
                s3 = Math.fma(w[r + 3], dy[d + 3], s3);
                s4 = Math.fma(w[r + 4], dy[d + 4], s4);
                s5 = Math.fma(w[r + 5], dy[d + 5], s5);
                s6 = Math.fma(w[r + 6], dy[d + 6], s6);
                s7 = Math.fma(w[r + 7], dy[d + 7], s7);
                s8 = Math.fma(w[r + 8], dy[d + 8], s8);
                s9 = Math.fma(w[r + 9], dy[d + 9], s9);
                s10 = Math.fma(w[r + 10], dy[d + 10], s10);
                s11 = Math.fma(w[r + 11], dy[d + 11], s11);
                s12 = Math.fma(w[r + 12], dy[d + 12], s12);
                s13 = Math.fma(w[r + 13], dy[d + 13], s13);
                s14 = Math.fma(w[r + 14], dy[d + 14], s14);
                s15 = Math.fma(w[r + 15], dy[d + 15], s15);
            }
            dx[dxo + i] = Elementary.flush(
                    Elementary.tree(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15));
        }
        for (int i = inputs; i < padded(inputs); i++) dx[dxo + i] = 0f;
    }

    @Override
    public void ger(float[] x, int xo, int inputs, float[] dy, int dyo, float[] w, int wo, int stride) {
        for (int o = 0; o < stride; o += BLOCK) {
            float d0 = dy[dyo + o];
            float d1 = dy[dyo + o + 1];
            float d2 = dy[dyo + o + 2];
            float d3 = dy[dyo + o + 3];
            float d4 = dy[dyo + o + 4];
            float d5 = dy[dyo + o + 5];
            float d6 = dy[dyo + o + 6];
            float d7 = dy[dyo + o + 7];
            float d8 = dy[dyo + o + 8];
            float d9 = dy[dyo + o + 9];
            float d10 = dy[dyo + o + 10];
            float d11 = dy[dyo + o + 11];
            float d12 = dy[dyo + o + 12];
            float d13 = dy[dyo + o + 13];
            float d14 = dy[dyo + o + 14];
            float d15 = dy[dyo + o + 15];
            for (int i = 0; i < inputs; i++) {
                float v = x[xo + i];
                if (v == 0f) continue;
                int r = wo + i * stride + o;
                w[r] = Math.fma(v, d0, w[r]);
                w[r + 1] = Math.fma(v, d1, w[r + 1]);
                w[r + 2] = Math.fma(v, d2, w[r + 2]);
                w[r + 3] = Math.fma(v, d3, w[r + 3]);
                w[r + 4] = Math.fma(v, d4, w[r + 4]);
                w[r + 5] = Math.fma(v, d5, w[r + 5]);
                w[r + 6] = Math.fma(v, d6, w[r + 6]);
                w[r + 7] = Math.fma(v, d7, w[r + 7]);
                w[r + 8] = Math.fma(v, d8, w[r + 8]);
                w[r + 9] = Math.fma(v, d9, w[r + 9]);
                w[r + 10] = Math.fma(v, d10, w[r + 10]);
                w[r + 11] = Math.fma(v, d11, w[r + 11]);
                w[r + 12] = Math.fma(v, d12, w[r + 12]);
                w[r + 13] = Math.fma(v, d13, w[r + 13]);
                w[r + 14] = Math.fma(v, d14, w[r + 14]);
                w[r + 15] = Math.fma(v, d15, w[r + 15]);
            }
        }
    }

    @Override
    public void ger(
            float[] x, int xo, int[] positions, int po, int count, float[] dy, int dyo, float[] w, int wo, int stride) {
        for (int o = 0; o < stride; o += BLOCK) {
            float d0 = dy[dyo + o];
            float d1 = dy[dyo + o + 1];
            float d2 = dy[dyo + o + 2];
            float d3 = dy[dyo + o + 3];
            float d4 = dy[dyo + o + 4];
            float d5 = dy[dyo + o + 5];
            float d6 = dy[dyo + o + 6];
            float d7 = dy[dyo + o + 7];
            float d8 = dy[dyo + o + 8];
            float d9 = dy[dyo + o + 9];
            float d10 = dy[dyo + o + 10];
            float d11 = dy[dyo + o + 11];
            float d12 = dy[dyo + o + 12];
            float d13 = dy[dyo + o + 13];
            float d14 = dy[dyo + o + 14];
            float d15 = dy[dyo + o + 15];
            for (int k = po; k < po + count; k++) {
                int i = positions[k];
                float v = x[xo + i];
                int r = wo + i * stride + o;
                w[r] = Math.fma(v, d0, w[r]);
                w[r + 1] = Math.fma(v, d1, w[r + 1]);
                w[r + 2] = Math.fma(v, d2, w[r + 2]);
                w[r + 3] = Math.fma(v, d3, w[r + 3]);
                w[r + 4] = Math.fma(v, d4, w[r + 4]);
                w[r + 5] = Math.fma(v, d5, w[r + 5]);
                w[r + 6] = Math.fma(v, d6, w[r + 6]);
                w[r + 7] = Math.fma(v, d7, w[r + 7]);
                w[r + 8] = Math.fma(v, d8, w[r + 8]);
                w[r + 9] = Math.fma(v, d9, w[r + 9]);
                w[r + 10] = Math.fma(v, d10, w[r + 10]);
                w[r + 11] = Math.fma(v, d11, w[r + 11]);
                w[r + 12] = Math.fma(v, d12, w[r + 12]);
                w[r + 13] = Math.fma(v, d13, w[r + 13]);
                w[r + 14] = Math.fma(v, d14, w[r + 14]);
                w[r + 15] = Math.fma(v, d15, w[r + 15]);
            }
        }
    }

    @Override
    public void gerGemv(
            float[] u,
            int uo,
            float[] d,
            int dO,
            float[] x,
            int xo,
            int inputs,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo) {
        ger(u, uo, inputs, d, dO, w, wo, stride);
        gemv(x, xo, inputs, w, wo, stride, bias, bo, y, yo);
    }

    @Override
    public void gerGemv(
            float[] u,
            int uo,
            int[] slots,
            int so,
            float[] d,
            int dO,
            float[] x,
            int xo,
            int inputs,
            int[] positions,
            int po,
            int count,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo) {
        for (int k = po; k < po + count; k++) {
            int i = positions[k];
            gerSlots(u, uo + i, slots, so + i, d, dO, 1, w, wo + i * stride, stride);
        }
        gemv(x, xo, inputs, positions, po, count, w, wo, stride, bias, bo, y, yo);
    }

    @Override
    public void mark(float[] x, int xo, int n, float[] u, int uo, int[] slots, int so, int slot) {
        for (int i = 0; i < n; i++) {
            float v = x[xo + i];
            if (v == 0f) continue;
            u[uo + i] = v;
            slots[so + i] = slot;
        }
    }

    @Override
    public void scale(float factor, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = factor * x[xo + i];
    }

    @Override
    public void add(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] += x[xo + i];
    }

    @Override
    public float softmax(float[] z, int zo, int n, float max, float[] p, int po) {
        for (int i = 0; i < n; i++) p[po + i] = Elementary.exp(z[zo + i] - max);
        float sum = Elementary.sum(p, po, n);
        for (int i = 0; i < n; i++) p[po + i] = Elementary.flush(p[po + i] / sum);
        for (int i = n; i < padded(n); i++) p[po + i] = 0f;
        return sum;
    }

    @Override
    public void multiply(float[] f, int fo, float[] d, int dO, int n) {
        for (int i = 0; i < n; i++) d[dO + i] = Elementary.flush(d[dO + i] * f[fo + i]);
    }

    @Override
    public void prelu(float[] slope, int so, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) {
            float v = x[xo + i];
            y[yo + i] = v < 0f ? slope[so + i] * v + 0f : v;
        }
    }

    @Override
    public void preluDerivative(float[] slope, int so, float[] x, int xo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = x[xo + i] > 0f ? 1f : slope[so + i];
    }

    @Override
    public void dropout(int key0, int key1, int threshold, float scale, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) {
            boolean kept = Elementary.kept(key0, key1, threshold, i) != 0;
            y[yo + i] = kept ? Elementary.flush(scale * x[xo + i]) : 0f;
        }
    }

    @Override
    public float sum(float[] x, int xo, int n, float shift) {
        return Elementary.sum(x, xo, n, shift);
    }

    @Override
    public float squares(float[] x, int xo, int n, float shift, float scale) {
        return Elementary.squares(x, xo, n, shift, scale);
    }

    @Override
    public float dot(float[] x, int xo, float[] y, int yo, int n) {
        return Elementary.dot(x, xo, y, yo, n);
    }

    @Override
    public void multiplyAdd(float[] a, int ao, float[] b, int bo, float[] c, int co, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Fma.of(a[ao + i], b[bo + i], c[co + i]) + 0f;
    }

    @Override
    public void addFlushed(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.flush(y[yo + i] + x[xo + i]);
    }

    @Override
    public void normalize(float[] mean, int mo, float[] inverse, int io, float[] x, int xo, float[] h, int ho, int n) {
        for (int i = 0; i < n; i++) h[ho + i] = (x[xo + i] - mean[mo + i]) * inverse[io + i];
        for (int i = n; i < padded(n); i++) h[ho + i] = 0f;
    }

    @Override
    public void normalizeBackward(
            float[] factor,
            int fo,
            float[] a,
            int ao,
            float[] b,
            int bo,
            float[] d,
            int dO,
            float[] h,
            int ho,
            float[] dx,
            int dxo,
            int n) {
        for (int i = 0; i < n; i++)
            dx[dxo + i] = Elementary.flush(factor[fo + i] * (Fma.of(-h[ho + i], b[bo + i], d[dO + i]) - a[ao + i]));
        for (int i = n; i < padded(n); i++) dx[dxo + i] = 0f;
    }

    @Override
    public void columnMeans(float[] x, int xo, int stride, int rows, float[] mean, int mo, int n) {
        for (int i = 0; i < n; i++) {
            float first = x[xo + i], s = 0f;
            for (int r = 0; r < rows; r++) s += x[xo + r * stride + i] - first;
            mean[mo + i] = first + s / rows;
        }
    }

    @Override
    public void columnSquares(float[] x, int xo, int stride, int rows, float[] mean, int mo, float[] s, int so, int n) {
        for (int i = 0; i < n; i++) {
            float sum = 0f;
            for (int r = 0; r < rows; r++) {
                float d = x[xo + r * stride + i] - mean[mo + i];
                sum = Fma.of(d, d, sum);
            }
            s[so + i] = sum;
        }
    }

    @Override
    public void columnSums(
            float[] d,
            int dO,
            int dStride,
            float[] h,
            int ho,
            int hStride,
            int rows,
            float[] s,
            int so,
            float[] p,
            int po,
            int n) {
        for (int i = 0; i < n; i++) {
            float sum = 0f, product = 0f;
            for (int r = 0; r < rows; r++) {
                float v = d[dO + r * dStride + i];
                sum += v;
                product = Fma.of(v, h[ho + r * hStride + i], product);
            }
            s[so + i] = sum;
            p[po + i] = product;
        }
    }

    @Override
    public void softmaxBackward(float[] p, int po, float[] d, int dO, float mean, float[] dx, int dxo, int n) {
        for (int i = 0; i < n; i++) dx[dxo + i] = Elementary.flush(p[po + i] * (d[dO + i] - mean));
    }

    @Override
    public void values(Function function, float positive, float negative, float[] x, int xo, float[] y, int yo, int n) {
        ScalarFunctions.values(function, positive, negative, x, xo, y, yo, n);
    }

    @Override
    public void derivatives(
            Function function, float positive, float negative, float[] v, int vo, float[] f, int fo, int n) {
        ScalarFunctions.derivatives(function, positive, negative, v, vo, f, fo, n);
    }
}
