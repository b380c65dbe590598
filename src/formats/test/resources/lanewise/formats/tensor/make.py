"""Makes the files of NumPy beside it, for the tests: python3 make.py. NumPy 2.4 made those that are there."""
import numpy as np

VALUES = {
    'b1': [0, 1, 1, 0, 1, 0],
    'f2': [0.0, -0.0, 1.5, 65504, 6e-8, -np.inf],
    'f4': [0.0, -0.0, 0.1, 3.4e38, 1e-45, np.nan],
    'f8': [0.0, -0.0, 0.1, 1 + 2.0 ** -24, 1e-320, -1e300],
}
arrays = {}
for code in ['b1', 'i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f2', 'f4', 'f8']:
    if code in VALUES:
        values = VALUES[code]
    else:
        info = np.iinfo(code)
        values = [info.min, info.max, info.max - 1, 1, 77, info.max // 3]
    for order in '<>':
        for layout in 'CF':
            name = code + ('.little' if order == '<' else '.big') + '.' + layout
            array = np.array(np.array(values, code).reshape(2, 3), order + code, order=layout)
            arrays[name] = array
    with np.errstate(over='ignore'):
        arrays[code + '.float'] = array.astype('<f4', order='C')
        arrays[code + '.double'] = array.astype('<f8', order='C')
for name, shape in {'scalar': (), 'vector': (5,), 'empty': (0, 3), 'cube': (2, 3, 4)}.items():
    cube = np.arange(np.prod(shape, dtype=int), dtype='<f4').reshape(shape)
    arrays[name + '.C'], arrays[name + '.F'] = cube, np.array(cube, order='F')

# doubles around the halfway points of halves, and the halves that they round to
half = np.arange(0, 0x7c00, 37, dtype='<u2').view('<f2').astype('<f8')
up = np.nextafter(half.astype('<f2'), np.float16(np.inf)).astype('<f8')
middle = np.where(np.isinf(up), 65520.0, (half + up) / 2)
doubles = np.concatenate([half, middle, np.nextafter(middle, 0), np.nextafter(middle, np.inf), [65519.99, 65520, 1e300]])
doubles = np.concatenate([doubles, -doubles])
with np.errstate(over='ignore'):
    arrays['round.double'], arrays['round.half'] = doubles, doubles.astype('<f2')

np.savez('arrays.npz', **arrays)
np.savez_compressed('deflated.npz', zeros=np.zeros((100, 50), '<f4'), numbers=np.arange(1000, dtype='<i2'))
small = np.arange(6, dtype='<f4').reshape(2, 3)
for version in [(1, 0), (2, 0), (3, 0)]:
    with open('version%d.npy' % version[0], 'wb') as file:
        np.lib.format.write_array(file, small, version)
np.save('refused-object.npy', np.array([1, 'a', None], object), allow_pickle=True)
np.save('refused-structure.npy', np.zeros(3, [('x', '<f4'), ('y', '<i2')]))
np.save('refused-text.npy', np.array(['one', 'two']))
np.save('refused-bytes.npy', np.array([b'one', b'two']))
np.save('refused-time.npy', np.zeros(3, 'M8[s]'))
np.save('refused-complex.npy', np.zeros(3, '<c8'))
np.save('refused-long-double.npy', np.zeros(3, np.longdouble))
